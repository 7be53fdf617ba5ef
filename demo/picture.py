#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Shows a field that wave2d wrote: as a picture in the terminal and, with --png FILE, as a PNG file.

    picture.py field-001500.raw [--png field.png] [--width 76]
"""
import argparse
import array
import math
import pathlib
import struct
import zlib

SHADES = " .:-=+*#%@"


def read_field(path):
    values = array.array("d")
    values.frombytes(pathlib.Path(path).read_bytes())
    size = math.isqrt(len(values))
    if size * size != len(values) or size == 0:
        raise SystemExit(f"{path}: not a square field of doubles")
    return values, size


def color(height):
    """A height in -1..1 to blue troughs, dark water, warm crests."""
    h = max(-1.0, min(1.0, height))
    if h >= 0:
        return bytes((int(20 + 235 * h), int(30 + 190 * h * h), int(60 + 60 * h)))
    return bytes((int(20 + 40 * -h), int(30 + 150 * -h), int(60 + 195 * -h)))


def scale_of(values):
    """The height drawn at full color: the 99th percentile, so that one peak does not darken the rest."""
    heights = sorted(abs(v) for v in values[::17])
    return heights[int(len(heights) * 0.99)] or 1.0


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def write_png(path, values, size):
    scale = scale_of(values)
    table = [color(i / 128 - 1) for i in range(257)]
    rows = []
    for row in range(size):
        line = values[row * size:(row + 1) * size]
        rows.append(b"\0" + b"".join(table[int(128 * max(-1.0, min(1.0, v / scale)) + 128)] for v in line))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b"".join(rows), 6)) + png_chunk(b"IEND", b"")
    pathlib.Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def terminal_picture(values, size, width):
    scale = scale_of(values)
    height = width // 2
    lines = []
    for row in range(height):
        line = ""
        for column in range(width):
            v = values[(row * size // height) * size + column * size // width] / scale
            line += SHADES[min(len(SHADES) - 1, int(abs(v) * len(SHADES)))]
        lines.append(line.rstrip())
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description="shows a field of wave2d")
    parser.add_argument("field")
    parser.add_argument("--png", help="write this PNG file too")
    parser.add_argument("--width", type=int, default=76, help="of the terminal picture; 0 for none")
    options = parser.parse_args()
    values, size = read_field(options.field)
    if options.width > 0:
        print(terminal_picture(values, size, options.width))
    if options.png:
        write_png(options.png, values, size)
        print(f"{options.png}: {size} x {size}")


if __name__ == "__main__":
    main()
