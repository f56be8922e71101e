// A tree of nodes under one lock. Paths are walked component by component with a bound on symbolic
// links, as a kernel does. When the tree forgets, each node has a durable half (a prefix of its
// octets, before or after a cut; a copy of its entries) and `pending_` holds the changes of
// directories in order; a flush applies those that concern it, with all earlier ones that share a
// name with them.
//
// Tested by tests/unit/base/filesystem_test.cc, tests/unit/base/forgetful_filesystem_test.cc.
#include "memory_tree.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace mail {

namespace {

constexpr int kMaxLinks = 40;  // as Linux: then it is a loop
constexpr std::size_t kMaxName = 255;
constexpr WallTime kFirstTick{std::chrono::seconds(1'700'000'000)};

}  // namespace

struct MemoryTree::Node {
  FileInfo info;
  std::string bytes;  // of a file; where a symbolic link leads
  std::map<std::string, NodePtr> entries;
  const void* locked_by = nullptr;

  // What a power cut leaves.
  FileInfo durable_info;
  std::size_t durable_size = 0;
  bool lost = false;  // an fsync failed: nothing more becomes durable
  /// What was there when the file was first cut since its last flush: it may come back.
  struct Uncut {
    std::string bytes;
    std::size_t durable_size = 0;
  };
  std::optional<Uncut> uncut;
  std::map<std::string, NodePtr> durable_entries;

  void sync_content() {
    if (lost) return;
    durable_size = bytes.size();
    durable_info = info;
    uncut.reset();
  }
};

class MemoryTree::OpenFile final : public File {
 public:
  OpenFile(std::shared_ptr<MemoryTree> tree, NodePtr node, std::uint64_t boot)
      : tree_(std::move(tree)), node_(std::move(node)), boot_(boot) {}
  ~OpenFile() override {
    const MutexLock lock(tree_->mutex_);
    if (node_->locked_by == this) node_->locked_by = nullptr;
  }

  StatusOr<FileInfo> info() override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    return node_->info;
  }

  StatusOr<std::size_t> read_at(std::uint64_t offset, std::span<char> to) override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    if (offset >= node_->bytes.size()) return std::size_t{0};
    return node_->bytes.copy(to.data(), to.size(), offset);
  }

  Status append(std::span<const std::string_view> pieces) override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    for (const std::string_view piece : pieces) node_->bytes += piece;
    node_->info.size = node_->bytes.size();
    node_->info.modified = node_->info.changed = tree_->tick();
    return absl::OkStatus();
  }

  Status truncate(std::uint64_t size) override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    Node& node = *node_;
    if (node.bytes.size() <= size) return absl::OkStatus();
    if (tree_->forgets_ && !node.uncut) node.uncut = {node.bytes, node.durable_size};
    node.bytes.resize(size);
    node.durable_size = std::min(node.durable_size, node.bytes.size());
    node.info.size = size;
    node.info.modified = node.info.changed = tree_->tick();
    return absl::OkStatus();
  }

  Status sync() override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    node_->sync_content();
    return absl::OkStatus();
  }

  Status set_modified(WallTime time) override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    node_->info.modified = time;
    node_->info.changed = tree_->tick();
    return absl::OkStatus();
  }

  Status set_owner(std::uint32_t owner, std::uint32_t group) override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    node_->info.owner = owner;
    node_->info.group = group;
    node_->info.changed = tree_->tick();
    return absl::OkStatus();
  }

  StatusOr<bool> try_lock() override {
    const MutexLock lock(tree_->mutex_);
    MAIL_RETURN_IF_ERROR(check());
    if (node_->locked_by != nullptr && node_->locked_by != this) return false;
    node_->locked_by = this;
    return true;
  }

  void lose() {
    const MutexLock lock(tree_->mutex_);
    node_->lost = true;
  }

 private:
  Status check() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(tree_->mutex_) {
    if (boot_ == tree_->boot_) return absl::OkStatus();
    return unavailable("the file was open when the power went");
  }

  const std::shared_ptr<MemoryTree> tree_;
  const NodePtr node_;
  const std::uint64_t boot_;
};

bool MemoryTree::Change::shares_name(const Change& other) const {
  const auto same = [](const NodePtr& a, const std::string& a_name, const NodePtr& b,
                       const std::string& b_name) {
    return a != nullptr && a == b && a_name == b_name;
  };
  return same(from, from_name, other.from, other.from_name) ||
         same(from, from_name, other.to, other.to_name) ||
         same(to, to_name, other.from, other.from_name) ||
         same(to, to_name, other.to, other.to_name);
}

MemoryTree::MemoryTree(std::function<WallTime()> now, bool forgets)
    : now_(std::move(now)), forgets_(forgets), last_tick_(kFirstTick) {
  const MutexLock lock(mutex_);
  root_ = make_node(FileType::kDirectory, 0755);
}

MemoryTree::~MemoryTree() = default;

WallTime MemoryTree::tick() {
  if (now_) return now_();
  last_tick_ += std::chrono::milliseconds(1);
  return last_tick_;
}

MemoryTree::NodePtr MemoryTree::make_node(FileType type, std::uint32_t mode) {
  auto node = std::make_shared<Node>();
  node->info.type = type;
  node->info.mode = mode;
  node->info.device = 1;
  node->info.inode = next_inode_++;
  node->info.links = 0;
  node->info.modified = node->info.changed = tick();
  node->durable_info = node->info;
  if (forgets_) nodes_.push_back(node);
  return node;
}

StatusOr<MemoryTree::Place> MemoryTree::find(const std::string& path, bool follow_last,
                                             std::string* canonical) {
  std::deque<std::string> rest;
  const auto put_in_front = [&rest](std::string_view text) {
    std::size_t end = text.size();
    while (end > 0) {
      const std::size_t slash = text.substr(0, end).rfind('/');
      const std::size_t begin = slash == std::string_view::npos ? 0 : slash + 1;
      if (end > begin) rest.emplace_front(text.substr(begin, end - begin));
      end = begin == 0 ? 0 : begin - 1;
    }
  };
  put_in_front(path);
  std::vector<Place> walked;  // where each component led
  const auto here = [&] { return walked.empty() ? root_ : walked.back().node; };
  int links = 0;
  Place place{nullptr, "", root_};
  while (!rest.empty()) {
    const std::string name = std::move(rest.front());
    rest.pop_front();
    const NodePtr directory = here();
    if (directory == nullptr) return not_found(path, ": no such directory");
    if (directory->info.type != FileType::kDirectory) {
      return not_found(path, ": a part of the path is not a directory");
    }
    if (name == ".") continue;
    if (name == "..") {
      if (!walked.empty()) walked.pop_back();
      place = walked.empty() ? Place{nullptr, "", root_} : walked.back();
      continue;
    }
    if (name.size() > kMaxName) return invalid(path, ": a name in it is too long");
    const auto entry = directory->entries.find(name);
    place = {directory, name, entry == directory->entries.end() ? nullptr : entry->second};
    if (place.node != nullptr && place.node->info.type == FileType::kSymlink &&
        (follow_last || !rest.empty())) {
      if (++links > kMaxLinks) return failed_precondition(path, ": too many symbolic links");
      if (place.node->bytes.starts_with('/')) walked.clear();
      put_in_front(place.node->bytes);
      place = walked.empty() ? Place{nullptr, "", root_} : walked.back();
      continue;
    }
    walked.push_back(place);
  }
  if (canonical != nullptr) {
    canonical->clear();
    for (const Place& step : walked) append(*canonical, "/", step.name);
    if (canonical->empty()) *canonical = "/";
  }
  return place;
}

StatusOr<MemoryTree::Place> MemoryTree::find_existing(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(Place place, find(path, false, nullptr));
  if (place.node == nullptr) return not_found(path, " does not exist");
  return place;
}

StatusOr<MemoryTree::Place> MemoryTree::find_free(const std::string& path) {
  MAIL_ASSIGN_OR_RETURN(Place place, find(path, false, nullptr));
  if (place.node != nullptr) return already_exists(path, " exists");
  return place;
}

void MemoryTree::apply(const Change& change) {
  if (change.from != nullptr) {
    change.from->entries.erase(change.from_name);
    change.from->info.modified = change.from->info.changed = tick();
    --change.node->info.links;
  }
  if (change.to != nullptr) {
    NodePtr& entry = change.to->entries[change.to_name];
    if (entry != nullptr) --entry->info.links;
    entry = change.node;
    ++change.node->info.links;
    change.to->info.modified = change.to->info.changed = tick();
  }
  change.node->info.changed = tick();
}

void MemoryTree::note(Change change) {
  apply(change);
  if (forgets_) pending_.push_back(std::move(change));
}

void MemoryTree::apply_durably(const Change& change) {
  if (change.from != nullptr) {
    const auto entry = change.from->durable_entries.find(change.from_name);
    if (entry != change.from->durable_entries.end() && entry->second == change.node) {
      change.from->durable_entries.erase(entry);
    }
  }
  if (change.to != nullptr) change.to->durable_entries[change.to_name] = change.node;
}

void MemoryTree::make_durable(std::vector<bool> chosen) {
  // What is chosen takes the earlier changes of the same names with it.
  for (std::size_t i = pending_.size(); i-- > 0;) {
    if (!chosen[i]) continue;
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      if (pending_[earlier].shares_name(pending_[i])) chosen[earlier] = true;
    }
  }
  std::vector<Change> rest;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (chosen[i]) {
      apply_durably(pending_[i]);
    } else {
      rest.push_back(std::move(pending_[i]));
    }
  }
  pending_ = std::move(rest);
}

std::unique_ptr<File> MemoryTree::open_node(NodePtr node) {
  return std::make_unique<OpenFile>(shared_from_this(), std::move(node), boot_);
}

StatusOr<std::unique_ptr<File>> MemoryTree::open(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type != FileType::kRegular) {
    return failed_precondition(path, " is not a regular file");
  }
  return open_node(place.node);
}

StatusOr<std::unique_ptr<File>> MemoryTree::create(const std::string& path, std::uint32_t mode,
                                                   bool exclusive) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(Place place, find(path, false, nullptr));
  if (place.node != nullptr) {
    if (exclusive) return already_exists(path, " exists");
    if (place.node->info.type != FileType::kRegular) {
      return failed_precondition(path, " is not a regular file");
    }
    return open_node(place.node);
  }
  const NodePtr node = make_node(FileType::kRegular, mode);
  note({.node = node, .to = place.directory, .to_name = place.name});
  return open_node(node);
}

StatusOr<FileInfo> MemoryTree::info(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  return place.node->info;
}

StatusOr<std::vector<DirectoryEntry>> MemoryTree::list(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type != FileType::kDirectory) {
    return failed_precondition(path, " is not a directory");
  }
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, node] : place.node->entries) entries.push_back({name, node->info.type});
  return entries;
}

StatusOr<std::string> MemoryTree::resolve_links(const std::string& path) {
  const MutexLock lock(mutex_);
  std::string canonical;
  MAIL_ASSIGN_OR_RETURN(const Place place, find(path, true, &canonical));
  if (place.node == nullptr) return not_found(path, " leads to nothing");
  return canonical;
}

Status MemoryTree::make_directory(const std::string& path, std::uint32_t mode) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_free(path));
  note({.node = make_node(FileType::kDirectory, mode),
        .to = place.directory,
        .to_name = place.name});
  return absl::OkStatus();
}

Status MemoryTree::make_special(const std::string& path, FileType type, std::string_view target) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_free(path));
  const NodePtr node = make_node(type, 0777);
  node->bytes = target;
  node->sync_content();
  note({.node = node, .to = place.directory, .to_name = place.name});
  return absl::OkStatus();
}

Status MemoryTree::rename(const std::string& from, const std::string& to) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place source, find_existing(from));
  MAIL_ASSIGN_OR_RETURN(const Place target, find(to, false, nullptr));
  if (source.directory == nullptr || target.directory == nullptr) {
    return invalid("cannot rename the root");
  }
  if (to == from || target.node == source.node) return absl::OkStatus();  // as POSIX says
  if (to.starts_with(from + "/")) return invalid("cannot rename ", from, " into itself");
  if (target.node != nullptr) {
    const bool is_directory = target.node->info.type == FileType::kDirectory;
    if (is_directory && !target.node->entries.empty()) {
      return failed_precondition(to, " is not empty");
    }
    if (is_directory != (source.node->info.type == FileType::kDirectory)) {
      return failed_precondition("cannot rename ", from, " to ", to,
                                 ": only one of them is a directory");
    }
  }
  note({.node = source.node,
        .from = source.directory,
        .from_name = source.name,
        .to = target.directory,
        .to_name = target.name});
  return absl::OkStatus();
}

Status MemoryTree::link(const std::string& from, const std::string& to) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place source, find_existing(from));
  if (source.node->info.type == FileType::kDirectory) {
    return absl::PermissionDeniedError("a directory has one name");
  }
  MAIL_ASSIGN_OR_RETURN(const Place target, find_free(to));
  note({.node = source.node, .to = target.directory, .to_name = target.name});
  return absl::OkStatus();
}

Status MemoryTree::unlink(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type == FileType::kDirectory) {
    return failed_precondition(path, " is a directory");
  }
  note({.node = place.node, .from = place.directory, .from_name = place.name});
  return absl::OkStatus();
}

Status MemoryTree::remove_directory(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type != FileType::kDirectory) {
    return not_found(path, " is not a directory");
  }
  if (place.directory == nullptr || !place.node->entries.empty()) {
    return failed_precondition(path, " is not empty");
  }
  note({.node = place.node, .from = place.directory, .from_name = place.name});
  return absl::OkStatus();
}

Status MemoryTree::sync_directory(const std::string& path) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type != FileType::kDirectory) {
    return failed_precondition(path, " is not a directory");
  }
  std::vector<bool> chosen;
  for (const Change& change : pending_) chosen.push_back(change.touches(place.node));
  make_durable(std::move(chosen));
  place.node->durable_info = place.node->info;
  return absl::OkStatus();
}

Status MemoryTree::overwrite(const std::string& path, std::string_view bytes) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  if (place.node->info.type != FileType::kRegular) {
    return failed_precondition(path, " is not a regular file");
  }
  place.node->bytes = bytes;
  place.node->info.size = bytes.size();
  place.node->info.modified = place.node->info.changed = tick();
  return absl::OkStatus();
}

Status MemoryTree::set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) {
  return change_attributes(path, [owner, group](FileInfo& info) {
    info.owner = owner;
    info.group = group;
  });
}

Status MemoryTree::change_attributes(const std::string& path,
                                     const std::function<void(FileInfo&)>& change) {
  const MutexLock lock(mutex_);
  MAIL_ASSIGN_OR_RETURN(const Place place, find_existing(path));
  place.node->info.changed = tick();
  change(place.node->info);
  return absl::OkStatus();
}

void MemoryTree::sync_all() {
  const MutexLock lock(mutex_);
  make_durable(std::vector<bool>(pending_.size(), true));
  for (const auto& weak : nodes_) {
    if (const NodePtr node = weak.lock()) node->sync_content();
  }
}

void MemoryTree::power_cut(std::mt19937_64& random) {
  const MutexLock lock(mutex_);
  ++boot_;
  std::vector<bool> chosen;
  for (std::size_t i = 0; i < pending_.size(); ++i) chosen.push_back(random() % 2 == 0);
  make_durable(std::move(chosen));
  pending_.clear();
  for (const auto& weak : nodes_) {
    const NodePtr node = weak.lock();
    if (node == nullptr) continue;
    node->entries = node->durable_entries;
    node->locked_by = nullptr;
    if (node->info.type == FileType::kRegular) {
      if (node->uncut && random() % 2 == 0) {
        node->bytes = std::move(node->uncut->bytes);
        node->durable_size = node->uncut->durable_size;
      }
      const std::size_t tail = node->bytes.size() - node->durable_size;
      const std::uint64_t fate = random() % 4;
      if (tail > 0 && fate == 0) node->bytes.resize(node->durable_size);
      if (tail > 0 && fate == 1) node->bytes.resize(node->durable_size + random() % tail);
      if (tail > 0 && fate == 2) node->bytes.replace(node->durable_size, tail, tail, '\0');
    }
    if (random() % 2 == 0) node->info = node->durable_info;
    node->info.size = node->bytes.size();
    node->info.links = 0;
    node->lost = false;
    node->uncut.reset();
    node->sync_content();
  }
  for (const auto& weak : nodes_) {
    const NodePtr directory = weak.lock();
    if (directory == nullptr) continue;
    for (const auto& [name, node] : directory->entries) ++node->info.links;
  }
}

void MemoryTree::lose_unsynced(File& file) { static_cast<OpenFile&>(file).lose(); }

}  // namespace mail
