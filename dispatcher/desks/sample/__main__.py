"""``python -m dispatcher.desks.sample FOLDER [SEED]``: write the sample city there."""

import sys
from pathlib import Path

from dispatcher.desks.sample.make import SEED, make


def main(arguments: list[str]) -> int:
    """Writes, and says what."""
    if not 1 <= len(arguments) <= 2 or not all(one.isdecimal() for one in arguments[1:]):
        print("用法：python -m dispatcher.desks.sample 目录 [种子数]", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    for name, amount in make(folder, seed=int(arguments[1]) if len(arguments) == 2 else SEED).items():
        print(f"{name}：{amount}条")
    print(f"已写入 {folder}（全部为虚构样本）")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
