// What the extension host is given as its tests. It runs the real entry's `run`, copies the console to a
// file, and writes the result to another one, because the workbench reports an extension host that died in
// the middle of a test as success. CommonJS, since that is what the extension host loads first.

const { appendFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Writable } = require('node:stream');
const { format } = require('node:util');

exports.run = async () => {
  const dir = process.env.TEST_HOST_DIR;
  const write = (chunk) => appendFileSync(join(dir, 'output'), chunk);
  copyConsole(write);
  const finish = (passed) => {
    writeFileSync(join(dir, 'result.part'), JSON.stringify({ passed }));
    renameSync(join(dir, 'result.part'), join(dir, 'result'));
  };
  try {
    await require(process.env.TEST_HOST_ENTRY).run();
    finish(true);
  } catch (error) {
    finish(false);
    throw error;
  }
};

function copyConsole(write) {
  // `defineProperty`, since VS Code gave the console's methods a setter that ignores its value; new streams,
  // since the `write` of those there cannot be redefined.
  const put = (object, name, value) =>
    Object.defineProperty(object, name, { value, writable: true, configurable: true });
  for (const name of ['log', 'info', 'debug', 'warn', 'error']) {
    put(console, name, (...values) => write(`${format(...values)}\n`));
  }
  for (const name of ['stdout', 'stderr']) {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        write(chunk);
        done();
      },
    });
    put(process, name, stream);
  }
}
