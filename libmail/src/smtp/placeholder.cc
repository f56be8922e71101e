// replaced by the module's own sources
