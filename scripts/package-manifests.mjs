// The manifests of the packages, made from the one of the sources. They say nothing of how Verbatim is built.

/** What VS Code reads. */
export function vsixManifest(source) {
  const { private: _, scripts, dependencies, devDependencies, allowScripts, ...manifest } = source;
  return manifest;
}

/** The name on npm's registry, on which `verbatim` belongs to another project; the command keeps its own. */
export const NPM_NAME = 'verbatim-study';

/** What npm reads. The command needs Node 24; an older npm only warns, and then the command itself says so. */
export function npmManifest(source) {
  const { version, description, license, type, bin, keywords, dependencies, repository, bugs } = source;
  return {
    ...{ name: NPM_NAME, version, description, license, type, keywords, repository, bugs, bin },
    engines: { node: '>=24' },
    os: ['linux', 'darwin', 'win32'],
    dependencies,
  };
}
