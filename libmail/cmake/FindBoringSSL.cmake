# Finds BoringSSL and refuses OpenSSL: BoringSSL::SSL, BoringSSL::Crypto.
#
#   -DBORINGSSL_ROOT=PREFIX   headers in PREFIX/include, libraries in PREFIX/lib (or PREFIX/lib64, PREFIX/build/ssl …)
#
# Default: Debian's android-libboringssl-dev (headers under include/android, libraries under lib/<triplet>/android;
# that folder is no default library path, so the RPATH is set to it).
set(BORINGSSL_ROOT "" CACHE PATH "Prefix of a BoringSSL of your own")
if(BORINGSSL_ROOT)
  set(_boringssl_hints NO_DEFAULT_PATH PATHS ${BORINGSSL_ROOT})
  find_path(BoringSSL_INCLUDE_DIR openssl/ssl.h ${_boringssl_hints} PATH_SUFFIXES include)
  find_library(BoringSSL_SSL_LIBRARY ssl ${_boringssl_hints} PATH_SUFFIXES lib lib64 build/ssl)
  find_library(BoringSSL_CRYPTO_LIBRARY crypto ${_boringssl_hints} PATH_SUFFIXES lib lib64 build/crypto)
else()
  find_path(BoringSSL_INCLUDE_DIR openssl/ssl.h PATHS /usr/include/android /usr/local/include/android NO_DEFAULT_PATH)
  set(_boringssl_hints NO_DEFAULT_PATH PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/android /usr/lib/android)
  find_library(BoringSSL_SSL_LIBRARY ssl ${_boringssl_hints})
  find_library(BoringSSL_CRYPTO_LIBRARY crypto ${_boringssl_hints})
endif()

# Both call their headers <openssl/…>; only BoringSSL's base.h says that it is BoringSSL. OpenSSL's may lack the file.
if(BoringSSL_INCLUDE_DIR)
  set(_boringssl_mark "")
  if(EXISTS ${BoringSSL_INCLUDE_DIR}/openssl/base.h)
    file(STRINGS ${BoringSSL_INCLUDE_DIR}/openssl/base.h _boringssl_mark REGEX "OPENSSL_IS_BORINGSSL" LIMIT_COUNT 1)
  endif()
  if(NOT _boringssl_mark AND NOT EXISTS ${BoringSSL_INCLUDE_DIR}/openssl/is_boringssl.h)
    set(_boringssl_wrong ${BoringSSL_INCLUDE_DIR})
    unset(BoringSSL_INCLUDE_DIR CACHE)  # so that the next try looks again
    unset(BoringSSL_SSL_LIBRARY CACHE)
    unset(BoringSSL_CRYPTO_LIBRARY CACHE)
    message(FATAL_ERROR "${_boringssl_wrong} holds OpenSSL, not BoringSSL. Install android-libboringssl-dev "
                        "(Debian) or set -DBORINGSSL_ROOT to the prefix of a BoringSSL build.")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BoringSSL
  REQUIRED_VARS BoringSSL_SSL_LIBRARY BoringSSL_CRYPTO_LIBRARY BoringSSL_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "Install android-libboringssl-dev (Debian) or set -DBORINGSSL_ROOT.")

if(BoringSSL_FOUND AND NOT TARGET BoringSSL::SSL)
  get_filename_component(BoringSSL_LIBRARY_DIR ${BoringSSL_SSL_LIBRARY} DIRECTORY)
  add_library(BoringSSL::Crypto UNKNOWN IMPORTED)
  set_target_properties(BoringSSL::Crypto PROPERTIES IMPORTED_LOCATION ${BoringSSL_CRYPTO_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${BoringSSL_INCLUDE_DIR}
    INTERFACE_LINK_OPTIONS "LINKER:-rpath,${BoringSSL_LIBRARY_DIR}")
  add_library(BoringSSL::SSL UNKNOWN IMPORTED)
  set_target_properties(BoringSSL::SSL PROPERTIES IMPORTED_LOCATION ${BoringSSL_SSL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${BoringSSL_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES BoringSSL::Crypto)
endif()
mark_as_advanced(BoringSSL_INCLUDE_DIR BoringSSL_SSL_LIBRARY BoringSSL_CRYPTO_LIBRARY)
