/** Only the replica that leads can answer this, and it is not this one. Its message is for people. */
export class StandbyError extends Error {
  override readonly name = 'StandbyError';
}
