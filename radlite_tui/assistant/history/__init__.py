"""Conversations kept on disk: whether, where, how they are written while an answer comes, found, shown and deleted.

May import its siblings of `assistant`, `settings` and the standard library's sqlite3; must never decide what a front
end shows, and never lose an answer because a disk is full or a file damaged.
"""
