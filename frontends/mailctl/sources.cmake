find_package(nlohmann_json REQUIRED)
add_executable(mailctl mailctl/main.cc mailctl/email.cc mailctl/alias.cc mailctl/status.cc mailctl/context.cc
               mailctl/control.cc mailctl/password.cc mailctl/access.cc mailctl/quota.cc mailctl/master.cc
               mailctl/usage.cc mailctl/account.cc mailctl/config.cc mailctl/completion.cc mailctl/commands.cc
               mailctl/relay.cc mailctl/spam.cc mailctl/spam_replay.cc mailctl/spam_tables.cc mailctl/teach.cc
               mailctl/sa_learn.cc mailctl/output.cc mailctl/doctor.cc mailctl/app_password.cc mailctl/spam_bootstrap.cc mailctl/owned_filesystem.cc)
target_link_libraries(mailctl PRIVATE mail::net mail::bayes mail::text mail::message mail::store mail::directory mail::crypto nlohmann_json::nlohmann_json mail_build_flags)
target_compile_definitions(mailctl PRIVATE MAIL_VERSION="${PROJECT_VERSION}")
install(TARGETS mailctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# The name by which cron lines know it.
add_custom_command(TARGET mailctl POST_BUILD
                   COMMAND ${CMAKE_COMMAND} -E create_symlink mailctl $<TARGET_FILE_DIR:mailctl>/sa-learn VERBATIM)
install(CODE "file(CREATE_LINK mailctl \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/sa-learn\" SYMBOLIC)")
# docker-mailserver's name.
install(CODE "file(CREATE_LINK mailctl \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/setup\" SYMBOLIC)")
install(FILES mailctl/mailctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(CODE "file(CREATE_LINK mailctl.1 \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1/setup.1\" SYMBOLIC)")
