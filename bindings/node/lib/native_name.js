"use strict";

/** The file in `native/` that holds the compiled half for this machine. */
function fileName() {
  const { platform, arch } = process;
  const library = platform === "linux" && isMusl() ? "-musl" : "";
  return `audio-converter.${platform}-${arch}${library}.node`;
}

/** Whether Node runs on musl, as in Alpine Linux, where what was built for glibc does not load. */
function isMusl() {
  const { report } = process;
  const { excludeNetwork } = report;
  // Otherwise it may look up the names of all that this machine is connected to.
  report.excludeNetwork = true;
  try {
    return report.getReport().header.glibcVersionRuntime === undefined;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}

module.exports = { fileName };
