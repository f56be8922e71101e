// Completion of commands and options, from the table of commands; addresses are asked from
// `mailctl email list`.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>
#include <string>

#include "commands.h"
#include "context.h"

namespace mailctl {
namespace {

constexpr std::string_view kShells[] = {"bash", "zsh"};

struct Words {
  std::string first;                          // all first words
  std::map<std::string, std::string> second;  // by first word
  std::map<std::string, std::string> own;     // options, by both words
  std::string options;                        // of every command
  std::string valued;                         // "|--config|--mail"
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
    for (const std::string_view option : command.options) {
      add(words.own[std::string(command.words)], option);
    }
  }
  for (const Option& option : options()) {
    for (std::string_view rest = option.name; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (option.is_global) add(words.options, rest.substr(0, comma));
      if (!option.value.empty()) words.valued += "|" + std::string(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
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
      @VALUED@) ((i++)) ;;
      -*) ;;
      *) words+=("${COMP_WORDS[i]}") ;;
    esac
  done
  case $previous in
    --config|--mail|--state) COMPREPLY=($(compgen -d -- "$word")); return ;;
    --scope) COMPREPLY=($(compgen -W 'imap pop3 smtp imap,smtp' -- "$word")); return ;;
    --label|--expires|--wait|--to) return ;;
    --scheme) COMPREPLY=($(compgen -W 'SHA512-CRYPT SHA256-CRYPT BLF-CRYPT ARGON2ID SSHA512 PBKDF2 SCRAM-SHA-256' -- "$word")); return ;;
  esac
  if [[ $word == -* ]]; then
    local own=
    case "${words[0]} ${words[1]}" in
@OWN@    esac
    COMPREPLY=($(compgen -W "@OPTIONS@ $own" -- "$word"))
  elif ((${#words[@]} == 0)); then
    COMPREPLY=($(compgen -W '@FIRST@ help' -- "$word"))
  elif ((${#words[@]} == 1)); then
    case ${words[0]} in
@SECOND@    esac
  elif [[ ${words[0]} == completion ]]; then
    COMPREPLY=($(compgen -W 'bash zsh' -- "$word"))
  elif [[ "${words[0]} ${words[1]}" == 'email restrict' && ${#words[@]} -eq 2 ]]; then
    COMPREPLY=($(compgen -W 'add del list' -- "$word"))
  elif [[ "${words[0]} ${words[1]}" == 'email restrict' && ${#words[@]} -eq 3 ]]; then
    COMPREPLY=($(compgen -W 'send receive' -- "$word"))
  elif [[ ${words[0]} == spam && ${words[1]} =~ ^(learn|forget|classify|explain|import)$ ]]; then
    COMPREPLY=($(compgen -f -- "$word"))
  elif [[ ${words[0]} == dovecot-master ]]; then
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" dovecot-master list 2>/dev/null | sed -n 's/^\* //p')" -- "$word"))
  elif [[ ${words[0]} =~ ^(email|quota|alias|app-password)$ ]]; then
    COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" email list 2>/dev/null | sed -n 's/^\* \([^ ]*\).*/\1/p')" -- "$word"))
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
  if (std::find(std::begin(kShells), std::end(kShells), shell) == std::end(kShells)) {
    return wrong_usage(context,
                       named(shell) + " is no shell that is known here; write bash or zsh");
  }
  const Words words = collect();
  std::string second;
  for (const auto& [first, list] : words.second) {
    second += "      " + first + ") COMPREPLY=($(compgen -W '" + list + "' -- \"$word\")) ;;\n";
  }
  std::string own;
  for (const auto& [command, list] : words.own) {
    own += "      '" + command + "') own='" + list + "' ;;\n";
  }
  std::string script(kBash);
  replace(script, "@OPTIONS@", words.options);
  replace(script, "@VALUED@", words.valued.substr(1));
  replace(script, "@OWN@", own);
  replace(script, "@FIRST@", words.first);
  replace(script, "@SECOND@", second);
  script += "complete -F _mailctl mailctl setup\n";
  // zsh understands bash's completions.
  if (shell == "zsh") {
    script = "#compdef mailctl setup\nautoload -U +X bashcompinit && bashcompinit\n" + script;
  }
  std::cout << (context.json ? text_of({{"shell", shell}, {"script", script}}) : script);
  return kDone;
}

}  // namespace mailctl
