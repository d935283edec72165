// SPDX-License-Identifier: MIT
/** Server-sent events from a stream of text (HTML standard, 9.2.6), piece by piece. */
export interface ServerEvent {
    id: string;
    type: string;
    data: string;
}

export class EventParser {
    private rest = '';
    private data: string[] = [];
    private type = '';
    private id = '';

    /** The events that are complete with this piece. */
    push(piece: string): ServerEvent[] {
        const events: ServerEvent[] = [];
        const lines = (this.rest + piece).split(/\r\n|\n|\r/);
        this.rest = lines.pop() ?? '';
        for (const line of lines) {
            if (line !== '') this.take(line);
            else if (this.data.length > 0) {
                events.push({
                    id: this.id,
                    type: this.type || 'message',
                    data: this.data.join('\n'),
                });
                this.data = [];
                this.type = '';
            }
        }
        return events;
    }

    private take(line: string): void {
        const colon = line.indexOf(':');
        if (colon === 0) return;
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
        if (name === 'data') this.data.push(value);
        else if (name === 'event') this.type = value;
        else if (name === 'id') this.id = value;
    }
}
