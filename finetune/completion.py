"""TRL's SFTTrainer with the output layer computed where an answer is, and nowhere else.

TRL does so on GPUs by kernels of its own; on a CPU it computes the whole vocabulary at every position of the prompt,
which for a small model is half of all arithmetic. The loss is the same, see `tests/finetune/test_train.py`. May import
torch and trl (inside functions).
"""

from __future__ import annotations

from typing import Any


def trainer_class() -> Any:
    """The class; made here, so that importing this module loads no training library."""
    import torch
    from trl import SFTTrainer

    class CompletionTrainer(SFTTrainer):
        """Sums cross-entropy over the answers' tokens and divides by their number, over all processes and
        accumulated batches, as SFTTrainer does."""

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            if inputs["input_ids"].device.type != "cpu" or return_outputs:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            given = dict(inputs)
            following = given.pop("labels")[:, 1:]
            kept = (following != -100).any(dim=0).nonzero().flatten()
            logits = model(**given, logits_to_keep=kept, use_cache=False).logits
            labels = following[:, kept]
            total = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1).float(), labels.flatten(), ignore_index=-100, reduction="sum"
            )
            count = (labels != -100).sum() if num_items_in_batch is None else torch.as_tensor(num_items_in_batch)
            loss = total / count.clamp(min=1)
            if self.args.average_tokens_across_devices and num_items_in_batch is not None:
                loss = loss * self.accelerator.num_processes
            self._note(given, logits, labels)
            return loss

        def _note(self, given: Any, logits: Any, labels: Any) -> None:
            """The share of the answers' tokens that were the likeliest, and the tokens trained on, for the log."""
            mode = "train" if self.model.training else "eval"
            answer = labels != -100
            right = ((logits.detach().argmax(dim=-1) == labels) & answer).sum()
            tokens = given["attention_mask"].sum() if "attention_mask" in given else given["input_ids"].numel()
            counts = torch.stack([right, answer.sum(), torch.as_tensor(tokens)]).float()[None]
            hits, answers, read = self.accelerator.gather_for_metrics(counts).sum(dim=0).tolist()
            self._metrics[mode]["mean_token_accuracy"].append(hits / max(answers, 1.0))
            if mode == "train":
                self._total_train_tokens += int(read)
            self._metrics[mode]["num_tokens"] = [self._total_train_tokens]

    return CompletionTrainer
