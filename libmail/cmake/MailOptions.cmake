# Options of the build, and the flags that every target of this tree is compiled with. Nothing here reaches the
# installed package.
option(MAIL_TESTS "Build the tests" ON)
option(MAIL_FUZZ "Build the fuzz targets (clang with libFuzzer)" OFF)
option(MAIL_WERROR "Warnings are errors (presets switch it on)" OFF)
option(MAIL_HARDEN "Hardening flags of a release" OFF)
set(MAIL_SANITIZE "" CACHE STRING "Sanitizers: address;undefined, thread, fuzzer-no-link")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

include(GNUInstallDirs)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

add_library(mail_build_flags INTERFACE)
target_compile_options(mail_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-fcoroutines>)
if(MAIL_WERROR)
  target_compile_options(mail_build_flags INTERFACE -Werror)
endif()
if(MAIL_HARDEN)
  target_compile_options(mail_build_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
    -fstack-clash-protection -D_GLIBCXX_ASSERTIONS)
  target_link_options(mail_build_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(MAIL_SANITIZE)
  list(JOIN MAIL_SANITIZE "," mail_sanitizers)
  target_compile_options(mail_build_flags INTERFACE -fsanitize=${mail_sanitizers} -fno-omit-frame-pointer)
  target_link_options(mail_build_flags INTERFACE -fsanitize=${mail_sanitizers})
endif()

find_program(MAIL_CCACHE ccache)
if(MAIL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAIL_CCACHE})
endif()
