find_package(nlohmann_json REQUIRED)
add_executable(mailctl mailctl/main.cc mailctl/email.cc mailctl/alias.cc mailctl/status.cc mailctl/context.cc
               mailctl/control.cc mailctl/password.cc mailctl/spam.cc mailctl/access.cc mailctl/quota.cc
               mailctl/master.cc mailctl/relay.cc)
target_link_libraries(mailctl PRIVATE mail::bayes mail::directory mail::crypto nlohmann_json::nlohmann_json mail_build_flags)
target_compile_definitions(mailctl PRIVATE MAIL_VERSION="${PROJECT_VERSION}")
install(TARGETS mailctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
