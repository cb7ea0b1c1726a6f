#!/usr/bin/env node
// Kept outside dist so that npm can link it before the first build.
import "../dist/main.js";
