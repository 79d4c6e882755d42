#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node must be able to read this file to say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `logpushd needs Node.js 24.11 or newer; this is ${process.version}.\n` +
      'Install a current Node.js LTS, or use the container image, which brings its own.\n',
  );
  process.exit(3);
}

const { main } = await import('../dist/main.js');
await main(process.argv.slice(2));
