# Every public header compiles alone: one generated source a header, which includes it and nothing else, twice (so that
# a forgotten `#pragma once` shows). An object library, so that the build itself is the check.
if(NOT MAIL_HEADERS_ALONE)
  return()
endif()

set(include_dir ${CMAKE_CURRENT_SOURCE_DIR}/include)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${include_dir} ${include_dir}/*.h)
set(alone_sources "")
foreach(header IN LISTS headers)
  string(REGEX REPLACE "\\.h$" ".cc" source ${CMAKE_CURRENT_BINARY_DIR}/headers_alone/${header})
  file(CONFIGURE OUTPUT ${source} CONTENT "#include \"@header@\"\n#include \"@header@\"\n" @ONLY)
  list(APPEND alone_sources ${source})
endforeach()
add_library(mail_headers_alone OBJECT ${alone_sources})
target_link_libraries(mail_headers_alone PRIVATE mail::libmail mail_build_flags)
