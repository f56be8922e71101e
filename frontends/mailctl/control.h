// Talking to a running server: one line there, one JSON object back.
#pragma once

#include <string>
#include <string_view>

namespace mailctl {

struct ControlAnswer {
  enum class State {
    kAnswered,
    kNobody,  // no socket, or nobody behind it: no server is running
    kFailed,  // somebody is there but did not answer properly
  };
  State state = State::kNobody;
  std::string text;  // the JSON object, or why it failed
};

ControlAnswer ask_server(const std::string& socket_path, std::string_view command);

}  // namespace mailctl
