#pragma once

#include <lzma.h>

/// A decoder of .xz files, of all streams of a file; at most `memory_limit` bytes of memory.
lzma_ret apus_xz_start(lzma_stream *stream, uint64_t memory_limit);
