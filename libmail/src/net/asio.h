// The one place that chooses how Asio is built, and the few parts of it that are used: an
// `io_context` a loop, descriptors that tell when they are ready, timers. Bytes move by system
// calls, coroutines are mail::Task: neither Asio's streams nor its coroutines are needed.
#pragma once

#define ASIO_STANDALONE
#define ASIO_NO_DEPRECATED
#define ASIO_SEPARATE_COMPILATION  // its code is compiled once, in asio.cc
#define ASIO_DISABLE_CO_AWAIT
// Asio asks whether libstdc++ has aligned_alloc before it includes a header that could say so: the
// answer, and with it who frees what, would differ from file to file.
#define ASIO_DISABLE_STD_ALIGNED_ALLOC
// Each io_context has one thread, and what others post crosses a mutex: no fences are needed, and
// g++ refuses them under thread sanitizer, which does not understand them.
#define ASIO_DISABLE_FENCED_BLOCK

#include <asio/error_code.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
