"""Makes a model directory of trained weights, averaged with the old ones.

    python3 benches/model/export.py --base MODEL --share X --out MODEL --name NAME TRAINED...
"""

import argparse
import pathlib

from encoder import Encoder, kept, mixed, save


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trained", nargs="+", type=pathlib.Path)
    parser.add_argument("--base", type=pathlib.Path, required=True)
    parser.add_argument("--share", type=float, required=True, help="0: the old weights, 1: the mean of the trained ones")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--name", required=True)
    options = parser.parse_args()
    base = {name: value.detach() for name, value in Encoder(options.base).weights.items()}
    trained = [kept(path)[0] for path in options.trained]
    print(save(options.base, mixed(base, trained, options.share), options.out, options.name))


if __name__ == "__main__":
    main()
