"""Rebuilds RadLite's models: corpus, base training, LoRA training, GGUF export, manifests."""
