# Options of the build, and the flags that every target of this tree is compiled with. Nothing here reaches the
# installed package.
option(MAIL_FRONTENDS "Build maild and mailctl" ON)
option(MAIL_PYTHON "Build the Python extension, where Python's headers and pybind11 are found" ${PROJECT_IS_TOP_LEVEL})
option(MAIL_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(MAIL_HEADERS_ALONE "Compile every public header alone" OFF)
option(MAIL_FUZZ "Build the fuzz targets (clang with libFuzzer)" OFF)
option(MAIL_WERROR "Warnings are errors (presets switch it on)" OFF)
option(MAIL_HARDEN "Hardening flags of a release" OFF)
option(MAIL_PRECOMPILE "Parse once what nearly every file includes. Hides missing includes: off in a release" OFF)
set(MAIL_SANITIZE "" CACHE STRING "Sanitizers: address;undefined, thread, fuzzer-no-link")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
# Debian's BoringSSL lives outside the default library path: the installed maild must find it too.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
# CMake pads the RPATH of a build tree with colons, to replace it in place at the installation. An empty entry means
# the current folder: a maild started by root there would load libraries from it.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)

include(GNUInstallDirs)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)

add_library(mail_build_flags INTERFACE)
target_compile_options(mail_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers -pthread
  # g++ 12 sees overlaps in std::string that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(MAIL_WERROR)
  target_compile_options(mail_build_flags INTERFACE -Werror)
endif()
if(MAIL_HARDEN)
  # Checked in the binaries by tests/tools/binaries.py --hardened.
  target_compile_options(mail_build_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection -D_GLIBCXX_ASSERTIONS)
  target_link_options(mail_build_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(MAIL_SANITIZE)
  list(JOIN MAIL_SANITIZE "," mail_sanitizers)
  target_compile_options(mail_build_flags INTERFACE -fsanitize=${mail_sanitizers} -fno-omit-frame-pointer
    # g++ 12 sees ghosts in instrumented code, in its own <regex> first.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # Undefined behaviour ends the test; a report that nobody reads is none. The four checks that are left out double
  # the time of the build, and what they warn of ends in a fault of the address sanitizer.
  if("undefined" IN_LIST MAIL_SANITIZE)
    target_compile_options(mail_build_flags INTERFACE -fno-sanitize=null,alignment,vptr,object-size
                           -fno-sanitize-recover=undefined)
  endif()
  target_link_options(mail_build_flags INTERFACE -fsanitize=${mail_sanitizers})
endif()

find_program(MAIL_CCACHE ccache)
if(MAIL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAIL_CCACHE})
  if(MAIL_PRECOMPILE)
    # Without these it caches nothing that includes a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${MAIL_CCACHE})
  endif()
endif()

# mail_precompiled(library absl::status … HEADERS <string> …): what targets of mail_precompile(… library) share.
function(mail_precompiled kind)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS" ${ARGN})
  if(NOT MAIL_PRECOMPILE)
    return()
  endif()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/precompiled_${kind}.cc)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(mail_precompiled_${kind} OBJECT ${source})
  target_link_libraries(mail_precompiled_${kind} PRIVATE ${ARG_LIBRARIES} mail_build_flags)
  target_precompile_headers(mail_precompiled_${kind} PRIVATE ${ARG_HEADERS})
  # For ccache.
  target_compile_options(mail_precompiled_${kind} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endfunction()

function(mail_precompile target kind)
  if(MAIL_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM mail_precompiled_${kind})
    # As the precompiled one: CMake compiles programs with -fPIE, libraries with -fPIC.
    target_compile_options(${target} PRIVATE -fPIC)
  endif()
endfunction()

# Headers of others that most files of this tree include, one way or another.
set(MAIL_COMMON_HEADERS <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span>
    <string> <string_view> <utility> <vector> <absl/container/flat_hash_map.h> <absl/container/flat_hash_set.h>
    <absl/status/statusor.h> <absl/strings/str_cat.h>)
