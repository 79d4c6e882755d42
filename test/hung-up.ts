import type { Socket } from 'node:net';

/** Fulfilled when the other side has hung up, with a goodbye or a reset: which of the two is the kernel's choice. */
export async function hungUp(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = Promise.withResolvers<void>();
  socket.on('error', () => undefined).once('close', () => closed.resolve());
  socket.resume();
  await closed.promise;
}
