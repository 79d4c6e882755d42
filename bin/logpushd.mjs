#!/usr/bin/env node
import { existsSync } from 'node:fs';

// Plain JavaScript on purpose: an old Node must be able to read this file to say what is wrong.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 11)) {
  process.stderr.write(
    `logpushd needs Node.js 24.11 or newer; this is ${process.version}.\n` +
      'Install a current Node.js LTS, and start it again.\n',
  );
  process.exit(3);
}

const compiled = new URL('../dist/main.js', import.meta.url);
if (!existsSync(compiled)) {
  process.stderr.write(
    'logpushd is not compiled here. In a checkout, "npm run --silent logpushd -- ARGS" runs it as it is;\n' +
      '"npm run build" compiles it.\n',
  );
  process.exit(3);
}

const { main } = await import(compiled);
await main(process.argv.slice(2));
