"""Results in the terminal: leaderboard, confusion, and the cases behind the scores, by keyboard."""
