// The manifests of the packages, made from the one of the sources. They say nothing of how Verbatim is built.

/** What VS Code reads. */
export function vsixManifest(source) {
  const { private: _, scripts, dependencies, devDependencies, allowScripts, ...manifest } = source;
  return manifest;
}

/** What npm reads. The command needs Node 24; an older npm only warns, and then the command itself says so. */
export function npmManifest(source) {
  const { name, version, description, license, type, bin, keywords, dependencies, repository, bugs } = source;
  return {
    ...{ name, version, description, license, type, keywords, repository, bugs, bin },
    engines: { node: '>=24' },
    os: ['linux', 'darwin', 'win32'],
    dependencies,
  };
}
