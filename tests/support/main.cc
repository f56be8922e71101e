// The main of every unit test.
// Tests are found by asking each executable for its list; Catch2 does the rest.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
