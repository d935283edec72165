// SPDX-License-Identifier: MIT
/** What went wrong with a request; status 0: the server did not answer at all. */
export class Problem extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
        this.name = 'Problem';
    }
}

export function problemOf(status: number, body: unknown): Problem {
    if (typeof body === 'object' && body !== null) {
        const { detail, error } = body as { detail?: unknown; error?: unknown };
        if (typeof detail === 'string') return new Problem(status, detail);
        if (typeof error === 'string') return new Problem(status, error);
    }
    return new Problem(status, `HTTP ${status}`);
}
