#pragma once

#include <zlib.h>

/// `inflateInit2` as a function: the macro does not reach Swift. 31 window bits read gzip, −15 raw deflate.
int apus_inflate_init(z_stream *stream, int window_bits);

/// `deflateInit2` with default memory and strategy; window bits as for `apus_inflate_init`.
int apus_deflate_init(z_stream *stream, int level, int window_bits);
