// SPDX-License-Identifier: MIT
/** CSV (RFC 4180) from pieces of text; the separator is guessed from the first line. */
export class CsvParser {
    private row: string[] = [];
    private cell = '';
    private isQuoted = false;
    private wasQuote = false;
    private isFresh = true;
    private separator = '';

    /** The rows that are complete with this piece. */
    push(piece: string): string[][] {
        const rows: string[][] = [];
        let text = piece;
        if (this.separator === '') {
            text = text.replace(/^\uFEFF/, '');
            this.separator = guessSeparator(text);
        }
        for (const c of text) {
            if (this.isQuoted && !this.wasQuote) {
                if (c === '"') this.wasQuote = true;
                else this.cell += c;
                continue;
            }
            if (this.wasQuote && c === '"') {
                this.cell += '"';
                this.wasQuote = false;
                continue;
            }
            if (this.wasQuote) this.isQuoted = this.wasQuote = false;
            if (c === '"' && this.isFresh) {
                this.isQuoted = true;
                this.isFresh = false;
            } else if (c === this.separator) this.endCell();
            else if (c === '\n') {
                this.endCell();
                this.endRow(rows);
            } else if (c !== '\r') {
                this.cell += c;
                this.isFresh = false;
            }
        }
        return rows;
    }

    /** The last row, if the text did not end with a line feed. */
    end(): string[][] {
        const rows: string[][] = [];
        if (this.cell !== '' || this.row.length > 0 || !this.isFresh) {
            this.endCell();
            this.endRow(rows);
        }
        return rows;
    }

    private endCell(): void {
        this.row.push(this.cell);
        this.cell = '';
        this.isFresh = true;
    }

    private endRow(rows: string[][]): void {
        if (this.row.length > 1 || this.row[0] !== '') rows.push(this.row);
        this.row = [];
    }
}

export function guessSeparator(text: string): string {
    const line = text.split('\n', 1)[0] ?? '';
    const counts = [',', ';', '\t'].map((s) => [line.split(s).length, s] as const);
    return counts.reduce((best, next) => (next[0] > best[0] ? next : best))[1];
}

export function csvLine(cells: readonly string[]): string {
    return cells
        .map((cell) => (/[",;\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
        .join(',');
}
