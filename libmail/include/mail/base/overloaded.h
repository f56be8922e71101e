#pragma once

namespace mail {

/// A visitor made of lambdas: `std::visit(Overloaded{[](const A&) {…}, [](const B&) {…}},
/// variant)`.
template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace mail
