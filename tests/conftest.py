import os

os.environ["WANDB_MODE"] = "offline"
os.environ.pop("WANDB_API_KEY", None)
