/** What is said of the way of traces to their collector. */
export type TraceEvent =
  | {
      /** Spans are lost meanwhile. Told once, until they arrive again. */
      readonly type: 'traces.failing';
      /** Scheme, host and port. */
      readonly collector: string;
      /** A clause. */
      readonly cause: string;
    }
  | { readonly type: 'traces.resumed'; readonly collector: string };
