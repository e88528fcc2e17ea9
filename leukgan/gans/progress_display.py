"""How far trainings that run side by side are, on one display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column


class Display(Progress):
    """Progress bars with generator steps, time left and losses; plain lines where the output is no terminal."""

    def __init__(self, names: Sequence[str], generator_steps: int) -> None:
        self.generator_steps = generator_steps
        self.tenths = dict.fromkeys(names, 0)
        console = Console(stderr=True)
        whole = Column(no_wrap=True)  # narrow terminals cut the bar, not the words
        columns = (
            TextColumn("{task.description}", table_column=whole),
            BarColumn(bar_width=12),
            MofNCompleteColumn(table_column=whole),
            TimeRemainingColumn(table_column=whole),
            TextColumn("{task.fields[losses]}", table_column=whole),
        )
        super().__init__(*columns, console=console, disable=not console.is_terminal, speed_estimate_period=120)
        if console.is_terminal:
            console.print("Training a GAN for each class: generator steps, time left, losses")
        self.bars: dict[str, TaskID] = {name: self.add_task(name, total=generator_steps, losses="") for name in names}

    def update_bar(self, name: str, step: int, metrics: Mapping[str, float]) -> None:
        """Show how far a training is."""
        losses = ", ".join(
            f"{network} {metrics[f'train/{network}_loss']:.2f}"
            for network in ("critic", "generator")
            if f"train/{network}_loss" in metrics
        )
        self.update(self.bars[name], completed=step, losses=losses)
        tenth = 10 * step // self.generator_steps
        if self.disable and tenth > self.tenths[name]:
            self.console.print(
                ", ".join([f"GAN {name}: {step} of {self.generator_steps} generator steps", *filter(None, [losses])]),
                soft_wrap=True,
            )
        self.tenths[name] = tenth
