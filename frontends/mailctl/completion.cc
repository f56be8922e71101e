// Completion of commands and options, from the table of commands; addresses are asked from
// `mailctl email list`.
#include <iostream>
#include <map>
#include <string>

#include "commands.h"
#include "context.h"

namespace mailctl {
namespace {

struct Words {
  std::string first;                          // all first words
  std::map<std::string, std::string> second;  // by first word
  std::string options;
};

void add(std::string& list, std::string_view word) {
  if ((" " + list + " ").find(" " + std::string(word) + " ") != std::string::npos) return;
  list += (list.empty() ? "" : " ") + std::string(word);
}

Words collect() {
  Words words;
  for (const Command& command : commands()) {
    const std::size_t blank = command.words.find(' ');
    const std::string first(command.words.substr(0, blank));
    add(words.first, first);
    if (blank != std::string_view::npos) add(words.second[first], command.words.substr(blank + 1));
  }
  for (const Option& option : options()) {
    std::string_view rest = option.words;
    for (std::size_t at = rest.find('-'); at != std::string_view::npos; at = rest.find(" -")) {
      if (rest[at] == ' ') ++at;
      rest.remove_prefix(at);
      add(words.options, rest.substr(0, rest.find_first_of(", ")));
    }
  }
  return words;
}

constexpr std::string_view kBash = R"bash(_mailctl() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local -a words=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      --config|--mail|--state|--account|--scheme|--to) ((i++)) ;;
      -*) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
  done
  case $previous in
    --config|--mail|--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
  esac
  if [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W '@OPTIONS@' -- "$word"))
  elif ((${#words[@]} == 0)); then
    COMPREPLY=($(compgen -W '@FIRST@ help' -- "$word"))
  elif ((${#words[@]} == 1)); then
    case ${words[0]} in
@SECOND@    esac
  elif [[ ${words[0]} == email || ${words[0]} == quota || ${words[0]} == alias ]]; then
    COMPREPLY=($(compgen -W "$(mailctl email list 2>/dev/null | sed -n 's/^\* \([^ ]*\).*/\1/p')" -- "$word"))
  fi
}
)bash";

void replace(std::string& text, std::string_view name, std::string_view value) {
  const std::size_t at = text.find(name);
  if (at != std::string::npos) text.replace(at, name.size(), value);
}

}  // namespace

int completion(const Context& context) {
  const std::string& shell = context.arguments[0];
  if (shell != "bash" && shell != "zsh") {
    return refuse("'" + shell + "' is no shell that is known here; write bash or zsh");
  }
  const Words words = collect();
  std::string second;
  for (const auto& [first, list] : words.second) {
    second += "      " + first + ") COMPREPLY=($(compgen -W '" + list + "' -- \"$word\")) ;;\n";
  }
  std::string script(kBash);
  replace(script, "@OPTIONS@", words.options);
  replace(script, "@FIRST@", words.first);
  replace(script, "@SECOND@", second);
  // zsh understands bash's completions.
  if (shell == "zsh")
    std::cout << "#compdef mailctl setup\nautoload -U +X bashcompinit && bashcompinit\n";
  std::cout << script << "complete -F _mailctl mailctl setup\n";
  return kDone;
}

}  // namespace mailctl
