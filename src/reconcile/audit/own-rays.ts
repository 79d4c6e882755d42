import { rayKey } from '../../core/audit/action.ts';

/** How late an entry of the audit log may be and still be known as ours by its ray. */
const KEPT_MS = 24 * 3_600_000;
/** Of a write whose ray is forgotten, program and token still tell that it is ours. */
const MOST = 2_000;

export type KeptRay = readonly [ray: string, at: number];

/** The rays of Cloudflare's answers to our writes, by which they are known in the audit log. */
export class OwnRays {
  readonly #now: () => number;
  readonly #rays = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Of a call that was answered; reads are not in the log. */
  note({ method, ray }: { readonly method: string; readonly ray?: string }): void {
    const key = method === 'GET' || ray === undefined ? null : rayKey(ray);
    if (key !== null) this.#add([key, this.#now()]);
  }

  restore(rays: readonly KeptRay[]): void {
    for (const ray of rays) this.#add(ray);
  }

  has(ray: string): boolean {
    return this.#rays.has(ray);
  }

  get kept(): readonly KeptRay[] {
    const from = this.#now() - KEPT_MS;
    return [...this.#rays].filter(([, at]) => at > from);
  }

  #add([ray, at]: KeptRay): void {
    this.#rays.delete(ray);
    this.#rays.set(ray, at);
    const oldest = this.#rays.keys().next().value;
    if (this.#rays.size > MOST && oldest !== undefined) this.#rays.delete(oldest);
  }
}
