// The command line around the runner. Finds the files, plays each in every cut, prints differences.
//
// Tested by tests/unit/transcript/transcript_test.cc.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "support/transcript.h"

namespace mail::test {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<Cutting> every_cutting() {
  std::vector<Cutting> cuttings = {{Cutting::Kind::kWhole}, {Cutting::Kind::kBytes}};
  for (int seed = 0; seed < kRandomCuts; ++seed) {
    cuttings.push_back({Cutting::Kind::kRandom, static_cast<std::uint64_t>(seed)});
  }
  return cuttings;
}

class Runner {
 public:
  Runner(std::string folder, const std::vector<Protocol>& protocols)
      : folder_(std::move(folder)), protocols_(protocols) {}

  int run(const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    std::vector<Cutting> cuttings = every_cutting();
    for (const auto& argument : arguments) {
      if (argument.starts_with("--cut=")) {
        const auto cutting = parse_cutting(argument.substr(6));
        if (!cutting) return complain("--cut takes whole, bytes or a number");
        cuttings = {*cutting};
      } else {
        names.push_back(argument);
      }
    }
    if (names.empty()) names = find_all();
    for (const auto& name : names) play_file(name, cuttings);
    if (failures_ == 0) std::cout << played_ << " transcripts passed\n";
    return failures_ == 0 && played_ > 0 ? 0 : 1;
  }

 private:
  std::vector<std::string> find_all() {
    std::vector<std::string> names;
    for (const auto& protocol : protocols_) {
      const auto before = names.size();
      std::error_code error;
      for (const auto& entry : fs::directory_iterator(fs::path(folder_) / protocol.name, error)) {
        if (entry.path().extension() == ".txt") {
          names.push_back(cat(protocol.name, "/", entry.path().stem().string()));
        }
      }
      if (names.size() == before) complain(cat("no transcripts in ", folder_, "/", protocol.name));
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  void play_file(const std::string& name, const std::vector<Cutting>& cuttings) {
    const auto path = fs::path(folder_) / (name + ".txt");
    const auto content = content_of(path);
    if (!content) return void(complain(cat("cannot read ", path.string())));
    std::string error;
    const auto transcript = parse_transcript(path.string(), *content, error);
    if (!transcript) return void(complain(error));
    const auto protocol =
        std::find_if(protocols_.begin(), protocols_.end(),
                     [&](const Protocol& p) { return p.name == transcript->protocol; });
    if (protocol == protocols_.end()) {
      return void(complain(cat(path.string(), ": unknown protocol ", transcript->protocol)));
    }
    ++played_;
    for (const auto& cutting : cuttings) {
      if (auto difference = play(*transcript, *protocol, cutting)) {
        // One cut is enough: the others mostly fail for the same reason.
        return void(complain(cat(*difference, "\n   again: transcripts_test ", name,
                                 " --cut=", cutting.to_string())));
      }
    }
  }

  int complain(std::string_view what) {
    ++failures_;
    std::cout << what << '\n';
    return 2;
  }

  std::string folder_;
  const std::vector<Protocol>& protocols_;
  int failures_ = 0;
  int played_ = 0;
};

}  // namespace

int transcript_main(const std::vector<std::string>& arguments, const std::string& folder,
                    const std::vector<Protocol>& protocols) {
  return Runner(folder, protocols).run(arguments);
}

}  // namespace mail::test
