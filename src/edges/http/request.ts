import type { FastifyReply } from 'fastify';

/** What went wrong, for people and programs alike. */
export function problem(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).type('application/json; charset=utf-8').send({ error });
}

/** Null for none, undefined for what is not one short text. */
export function parameterOf(query: unknown, name: string): string | null | undefined {
  const given = typeof query === 'object' && query !== null ? Object.entries(query) : [];
  const value: unknown = given.find(([key]) => key === name)?.[1] ?? null;
  if (value === null) return null;
  return typeof value === 'string' && value !== '' && value.length <= 255 ? value : undefined;
}
