# What `cmake --install` puts down, and how others find it: find_package(libmail COMPONENTS smtp store) and
# `pkg-config --libs libmail-smtp` (libmail for all). One export set and one .pc file a module, so that a consumer of
# mail::smtp needs neither BoringSSL nor Asio on the machine. The warnings and hardening of this build stay here.
include(CMakePackageConfigHelpers)

set(mail_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/libmail)
set(mail_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
set(mail_generated_dir ${PROJECT_BINARY_DIR}/package)

# What a library on a target_link_libraries line is called outside: appends to `packages` (arguments of
# libmail_find in the config file), `requires` and `libs` (fields of the .pc file) of the caller.
macro(mail_describe_library library)
  if("${library}" MATCHES "^absl::(.+)$")
    list(APPEND packages absl)
    list(APPEND requires absl_${CMAKE_MATCH_1})
  elseif("${library}" MATCHES "^PkgConfig::(.+)$")
    get_property(pc_module GLOBAL PROPERTY MAIL_PKG_CONFIG_${CMAKE_MATCH_1})
    if(NOT pc_module)
      message(FATAL_ERROR "${library} must be declared by mail_pkg_config(${CMAKE_MATCH_1} <module>), not by "
                          "pkg_check_modules: the installed package has to find it again.")
    endif()
    list(APPEND packages pkg-config/${CMAKE_MATCH_1}/${pc_module})
    list(APPEND requires ${pc_module})
  elseif("${library}" MATCHES "^BoringSSL::(SSL|Crypto)$")
    # By path: beside -lssl a stray -L could bring in OpenSSL.
    list(APPEND packages BoringSSL)
    if("${library}" STREQUAL "BoringSSL::SSL")
      list(APPEND libs ${BoringSSL_SSL_LIBRARY})
    endif()
    list(APPEND libs ${BoringSSL_CRYPTO_LIBRARY} -Wl,-rpath,${BoringSSL_LIBRARY_DIR})
  elseif("${library}" STREQUAL "Threads::Threads")
    list(APPEND packages Threads)
    list(APPEND libs -pthread)
  elseif("${library}" MATCHES "^[A-Za-z0-9_.+-]+$")
    list(APPEND libs -l${library})
  else()
    message(FATAL_ERROR "MailInstall.cmake does not know how others find ${library}.")
  endif()
endmacro()

function(mail_write_pkg_config name description requires libs)
  list(REMOVE_DUPLICATES requires)
  # A static library goes behind everything that needs it: of each the last mention stays.
  list(REVERSE libs)
  list(REMOVE_DUPLICATES libs)
  list(REVERSE libs)
  list(JOIN requires " " requires)
  list(JOIN libs " " libs)
  if(libs)
    set(libs "Libs: -L\${libdir} ${libs}\n")
  endif()
  # Only static archives are installed, so that what they need is needed by every consumer: Requires and Libs, and
  # the answer is the same with and without --static.
  file(CONFIGURE OUTPUT ${mail_generated_dir}/${name}.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@mail_pc_to_prefix@
includedir=\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@

Name: @name@
Description: @description@
Version: @PROJECT_VERSION@
Requires: @requires@
Cflags: -I\${includedir}
@libs@")
  install(FILES ${mail_generated_dir}/${name}.pc DESTINATION ${mail_pkgconfig_dir} COMPONENT development)
endfunction()

file(RELATIVE_PATH mail_pc_to_prefix /prefix/${mail_pkgconfig_dir} /prefix)
string(REGEX REPLACE "/$" "" mail_pc_to_prefix "${mail_pc_to_prefix}")

get_property(modules GLOBAL PROPERTY MAIL_MODULES)
set(LIBMAIL_MODULE_LINES "")
set(all_requires "")
set(all_libs "")
foreach(module IN LISTS modules)
  get_property(depends GLOBAL PROPERTY MAIL_DEPENDS_${module})
  get_property(libraries GLOBAL PROPERTY MAIL_LIBRARIES_${module})
  set(packages "")
  set(requires "")
  set(libs -lmail_${module})
  foreach(library IN LISTS libraries)
    mail_describe_library(${library})
  endforeach()
  list(REMOVE_DUPLICATES packages)

  list(JOIN depends " " depends_words)
  list(JOIN packages " " packages_words)
  string(APPEND LIBMAIL_MODULE_LINES "libmail_module(${module} DEPENDS ${depends_words} PACKAGES ${packages_words})\n")

  # A .pc file names what it needs from the modules below itself, instead of requiring their files: pkgconf walks
  # every path through a graph of Requires again, which takes it half a minute for ours. A module is declared behind
  # those it needs, and goes before them on a linker's line.
  list(PREPEND all_requires ${requires})
  list(PREPEND all_libs ${libs})
  foreach(dependency IN LISTS depends)
    list(APPEND requires ${mail_requires_${dependency}})
    list(APPEND libs ${mail_libs_${dependency}})
  endforeach()
  set(mail_requires_${module} ${requires})
  set(mail_libs_${module} ${libs})
  mail_write_pkg_config(libmail-${module} "libmail: the ${module} module" "${requires}" "${libs}")

  install(TARGETS mail_${module} EXPORT libmail-${module} COMPONENT development
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT libmail-${module} FILE libmail-${module}.cmake NAMESPACE mail:: COMPONENT development
          DESTINATION ${mail_cmake_dir})
endforeach()
mail_write_pkg_config(libmail "${PROJECT_DESCRIPTION}: every module" "${all_requires}" "${all_libs}")

configure_file(${CMAKE_CURRENT_LIST_DIR}/libmail-config.cmake.in ${mail_generated_dir}/libmail-config.cmake @ONLY)
write_basic_package_version_file(${mail_generated_dir}/libmail-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${mail_generated_dir}/libmail-config.cmake ${mail_generated_dir}/libmail-config-version.cmake
              ${CMAKE_CURRENT_LIST_DIR}/FindBoringSSL.cmake
        DESTINATION ${mail_cmake_dir} COMPONENT development)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/libmail/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
