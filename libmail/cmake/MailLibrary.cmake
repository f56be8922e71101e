# mail_pkg_config(RE2 re2)
#
# A library known by pkg-config: target PkgConfig::RE2 here, in the installed package, and in the .pc files.
macro(mail_pkg_config prefix module)
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET ${module})
  set_property(GLOBAL PROPERTY MAIL_PKG_CONFIG_${prefix} ${module})
endmacro()

# mail_library(smtp DEPENDS base message …  [LIBRARIES …] [PRIVATE_LIBRARIES …])
#
# One module: sources src/<name>/*.cc, public headers include/mail/<name>.h and include/mail/<name>/*.h, target
# mail::<name>, component <name> of the installed package, libmail-<name>.pc.
function(mail_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/${name}/*.cc)
  set(target mail_${name})
  add_library(${target} STATIC ${sources})
  add_library(mail::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} OUTPUT_NAME mail_${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target}
    PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${target} PUBLIC mail::${dependency})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ARG_LIBRARIES} PRIVATE ${ARG_PRIVATE_LIBRARIES}
                        $<BUILD_INTERFACE:mail_build_flags>)
  mail_precompile(${target} library)
  set_property(GLOBAL APPEND PROPERTY MAIL_MODULES ${name})
  set_property(GLOBAL PROPERTY MAIL_DEPENDS_${name} ${ARG_DEPENDS})
  set_property(GLOBAL PROPERTY MAIL_LIBRARIES_${name} ${ARG_LIBRARIES} ${ARG_PRIVATE_LIBRARIES})
endfunction()
