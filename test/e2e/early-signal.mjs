// Loaded into a process of a test: it is sent a signal in the very moment in which it begins to load a package.
import { registerHooks } from 'node:module';

const [name, signal] = [process.env.TEST_SIGNAL_AT, process.env.TEST_SIGNAL];

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === name) process.kill(process.pid, signal);
    return next(specifier, context);
  },
});
