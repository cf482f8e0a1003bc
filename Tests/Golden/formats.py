"""Writes the small npy, npz, gzip and PNG files of `formats/`, which ApusFormats' tests read.

NumPy and Python's zlib are the authority: whatever they write must be read, and `matrix.npy` must be
written byte for byte as NumPy writes it. PNGs are put together here, chunk by chunk, to have every
colour type and depth.

    python3 formats.py
"""

import gzip
import io
import pathlib
import struct
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent / "formats"


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def npz(save, **arrays):
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, depth, colour, rows, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


files = {
    "matrix.npy": npy(np.arange(6, dtype="<f4").reshape(2, 3) / 2),
    "vector.npy": npy(np.array([1, -2, 3], "<i8")),
    "fortran.npy": npy(np.asfortranarray(np.arange(24, dtype="<i4").reshape(2, 3, 4))),
    "big-endian.npy": npy(np.array([1.5, -2], ">f8")),
    "version2.npy": npy(np.array([True, False, True]), version=(2, 0)),
    "version3.npy": npy(np.array(7, "<i8"), version=(3, 0)),
    "half.npy": npy(np.array([1.5, -0.1, 6e-8, np.inf, 65504], "<f2")),
    "shorts.npy": npy(np.array([-1, 300], ">i2")),
    "empty.npy": npy(np.zeros((0, 3), "u1")),
    "complex.npy": npy(np.array([1j])),
    "record.npy": npy(np.array([(1, 2.0)], [("a", "<i4"), ("b", "<f8")])),
    "stored.npz": npz(np.savez, a=np.array([1, 2, 3], "<i8"), b=np.array([[0.5]], "<f4")),
    "deflated.npz": npz(
        np.savez_compressed, ones=np.ones((4, 100), "<f4"), flag=np.array(True)
    ),
    "bytes.idx.gz": gzip.compress(
        b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03" + bytes([1, 2, 3, 4, 5, 6]), mtime=0
    ),
    "grey8.png": png(3, 2, 8, 0, [[0, 128, 255], [1, 2, 3]]),
    "grey1.png": png(3, 2, 1, 0, [[0b10100000], [0b01000000]]),
    "grey4.png": png(2, 1, 4, 0, [[0x0F]]),
    "colour.png": png(2, 1, 8, 2, [[255, 0, 0, 1, 2, 3]]),
    "colour-alpha.png": png(1, 2, 8, 6, [[9, 8, 7, 128], [1, 2, 3, 0]]),
    "grey-alpha.png": png(2, 1, 8, 4, [[100, 255, 50, 0]]),
    "palette.png": png(
        4, 1, 2, 3, [[0b00011011]],
        chunk(b"PLTE", bytes([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])),
    ),
    "palette-alpha.png": png(
        2, 1, 8, 3, [[0, 1]],
        chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60])) + chunk(b"tRNS", bytes([0])),
    ),
    "grey16.png": png(3, 1, 16, 0, [[0, 0, 100, 100, 255, 255]]),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
