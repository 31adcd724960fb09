"""The damage campaign: python -m tests.damage [TIMES] [SEED]."""

from __future__ import annotations

import sys

from tests.damage.campaign import campaign


def main() -> int:
    """Damage documents and print what came of it."""
    times, seed = (int(text) for text in (*sys.argv[1:], *("6000", "1")[len(sys.argv) - 1 :]))
    tally = campaign(times, seed=seed)
    counts = ", ".join(f"{what} {tally.outcomes[what]}" for what in ("healed", "clear error", "raw", "silent"))
    print(f"damages tried {tally.tried}: {counts}")
    for wrong in tally.wrong[:20]:
        print(f"    {wrong}")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
