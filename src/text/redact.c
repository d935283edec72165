/* SPDX-License-Identifier: MIT */
/*
 * Redaction: one pass, word by word. What stands before a word is looked up in the output, not in
 * the input: a second pass then sees the same there as the first, and finds nothing new.
 */
#include "text/redact.h"

#include "text/redact_match.h"

#include <string.h>

typedef struct redaction {
    span in;
    size_t at;
    buffer *out;
    size_t start; /* of what this call appends to `out` */
    /* The run of characters that an address may have before its @: looked at once, so that a long
     * one does not take quadratic time. */
    size_t local_end;
    size_t email_end; /* 0: the run has no @ and domain behind it */
    size_t at_end;    /* behind the last @ of the text; 0: there is none */
    bool is_web;      /* since the last white space there was "http://" or "https://" */
    size_t n[REDACT_N_KINDS];
} redaction;

static const char *const kind_names[REDACT_N_KINDS] = {"email", "phone", "ip",
                                                       "card",  "iban",  "user"};

const char *redact_kind_name(redact_kind kind)
{
    return kind_names[kind];
}

static void copy_to(redaction *r, size_t end)
{
    buffer_append(r->out, r->in.text + r->at, end - r->at);
    r->at = end;
}

static bool replace(redaction *r, redact_kind kind, size_t end)
{
    buffer_append_char(r->out, '[');
    buffer_append_text(r->out, kind_names[kind]);
    buffer_append_char(r->out, ']');
    r->at = end;
    r->n[kind]++;
    return true;
}

/* What this call has written so far. */
static span written(const redaction *r)
{
    return (span){r->out->data + r->start, r->out->length - r->start};
}

/* The last byte written; a space at the beginning. */
static char byte_before(const redaction *r)
{
    return r->out->length > r->start ? r->out->data[r->out->length - 1] : ' ';
}

static bool is_after_word(const redaction *r)
{
    span s = written(r);
    if (s.length == 0)
        return false;
    size_t i = s.length - 1;
    /* Back to the first byte of a character that is not ASCII. */
    for (int n = 0; n < 3 && i > 0 && ((unsigned char)s.text[i] & 0xC0) == 0x80; n++)
        i--;
    return is_word(s, i);
}

/* --- words that say what a number is ------------------------------------------------------- */

#define MAX_WORD_BYTES  20
#define MAX_BREAK_BYTES 6

static const char *const phone_words[] = {"tel",
                                          "telefon",
                                          "telefonnummer",
                                          "telefonnr",
                                          "telephone",
                                          "phone",
                                          "mobile",
                                          "mobil",
                                          "mobilnummer",
                                          "mobiltelefon",
                                          "handy",
                                          "handynummer",
                                          "handynr",
                                          "rufnummer",
                                          "durchwahl",
                                          "fax",
                                          "telefax",
                                          "cell",
                                          "cellphone",
                                          "whatsapp",
                                          "portable",
                                          "t\xC3\xA9l",
                                          "t\xC3\xA9l\xC3\xA9phone",
                                          NULL};
static const char *const number_words[] = {"nr", "no", "number", "nummer", "num", "num\xC3\xA9ro",
                                           NULL};
static const char *const version_words[] = {"version", "versions", "ver",      "v",
                                            "build",   "release",  "firmware", NULL};

/* Takes the last word off `s`, with the break behind it, and puts it into `ret_word` in lower case;
 * "" if there is none, or it is too long. */
static void take_last_word(span *s, char ret_word[MAX_WORD_BYTES + 1])
{
    size_t end = s->length;
    for (int n = 0; n < MAX_BREAK_BYTES && end > 0 && strchr(" .:=#-/", s->text[end - 1]); n++)
        end--;
    size_t start = end;
    while (start > 0 && end - start <= MAX_WORD_BYTES &&
           (is_alpha(s->text[start - 1]) || (unsigned char)s->text[start - 1] >= 0x80))
        start--;
    size_t length = end - start <= MAX_WORD_BYTES ? end - start : 0;
    for (size_t i = 0; i < length; i++)
        ret_word[i] = to_lower(s->text[start + i]);
    ret_word[length] = '\0';
    s->length = start;
}

static bool is_listed(const char *word, const char *const *list)
{
    if (!*word)
        return false;
    while (*list && strcmp(word, *list) != 0)
        list++;
    return *list != NULL;
}

static bool is_announced_as(const redaction *r, const char *const *list)
{
    char word[MAX_WORD_BYTES + 1];
    span before = written(r);
    take_last_word(&before, word);
    if (is_listed(word, number_words))
        take_last_word(&before, word);
    return is_listed(word, list);
}

/* --- e-mail addresses ---------------------------------------------------------------------- */

static bool is_local(span s, size_t i)
{
    return is_word(s, i) || (i < s.length && s.text[i] && strchr(".+-%'&~", s.text[i]));
}

static bool try_email(redaction *r)
{
    if (r->at >= r->at_end)
        return false;
    if (r->at >= r->local_end) {
        size_t end = r->at;
        while (is_local(r->in, end))
            end++;
        r->local_end = end;
        r->email_end = span_at(r->in, end) == '@' && end > r->at ? match_domain(r->in, end + 1) : 0;
    }
    if (r->email_end == 0 || !is_word(r->in, r->at))
        return false;
    size_t end = r->email_end;
    r->local_end = end;
    r->email_end = 0;
    return replace(r, REDACT_EMAIL, end);
}

/* --- users' folders in paths --------------------------------------------------------------- */

/* Folders that have one folder for each user, in lower case. */
static const char *const user_folders[] = {"users",
                                           "users$",
                                           "user$",
                                           "home",
                                           "home$",
                                           "homes",
                                           "homes$",
                                           "profiles",
                                           "profiles$",
                                           "documents and settings",
                                           "dokumente und einstellungen",
                                           NULL};
/* What is in them for all; a name that begins like that is short enough not to matter. */
static const char *const shared_folders[] = {"public", "default", "default user", "all users",
                                             "all",    "shared",  "defaultuser0", NULL};

/* A word behind the first is looked at up to here. In bytes, from the beginning of the name. */
#define MAX_NAME_BYTES 64
/* "Anna Maria Muster" */
#define MAX_NAME_WORDS 3

/* Whether `length` bytes at `at` are `word` (lower case), whatever their case. */
static bool is_text(span s, size_t at, size_t length, const char *word)
{
    if (strlen(word) != length || at + length > s.length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (to_lower(s.text[at + i]) != word[i])
            return false;
    return true;
}

static bool is_name_byte(span s, size_t i)
{
    char c = span_at(s, i);
    return (unsigned char)c > ' ' && c != 0x7F && !strchr("\\/\"'`<>|:*?,;()[]{}=&#", c) &&
           (separator_length(s, i) <= 1);
}

static size_t name_word_end(span s, size_t at, size_t limit)
{
    size_t i = at;
    while (i < limit && is_name_byte(s, i))
        i++;
    return i;
}

static bool is_path_separator(char c)
{
    return c == '/' || c == '\\';
}

/*
 * The end of a user's name that begins at `at`, or `at`. It ends with the word, however long;
 * further ones belong to it only if the path goes on behind them.
 */
static size_t name_end(span s, size_t at)
{
    size_t limit = at + MAX_NAME_BYTES, end = name_word_end(s, at, s.length);
    if (end == at || strchr("%$~.", s.text[at]))
        return at;
    size_t further = end;
    for (int n = 1; n < MAX_NAME_WORDS && span_at(s, further) == ' '; n++) {
        size_t next = name_word_end(s, further + 1, limit);
        if (next == further + 1)
            break;
        further = next;
        if (is_path_separator(span_at(s, further)))
            return further;
    }
    while (end > at && s.text[end - 1] == '.')
        end--;
    return end;
}

/* The end of one or two (in program text) of the separator that is at `at`. */
static size_t separator_end(span s, size_t at)
{
    return span_at(s, at + 1) == s.text[at] ? at + 2 : at + 1;
}

/* Whether a path with slashes begins here: at no word, at "C:" or at "/c". */
static bool is_path_start(const redaction *r)
{
    span s = written(r);
    char last = byte_before(r);
    char second = s.length > 1 ? s.text[s.length - 2] : ' ';
    char third = s.length > 2 ? s.text[s.length - 3] : ' ';
    if (is_alpha(last))
        return second == '/' && !is_alnum(third);
    return last != '/' && last != '.' && last != '~' && !is_after_word(r);
}

/* The end of a user_folders name at `at`, or 0. With slashes only two names are known, in the case
 * that systems give them: "/users/" is in the address of many a web service. */
static size_t user_folder_end(span s, size_t at, char separator)
{
    if (separator == '/') {
        const char *word = span_at(s, at) == 'U' ? "Users/" : "home/";
        size_t length = strlen(word);
        bool is_known = length <= s.length - at && memcmp(s.text + at, word, length) == 0;
        return is_known ? at + length - 1 : 0;
    }
    for (const char *const *folder = user_folders; *folder; folder++) {
        size_t length = strlen(*folder);
        if (is_text(s, at, length, *folder) && span_at(s, at + length) == separator)
            return at + length;
    }
    return 0;
}

static bool try_user(redaction *r)
{
    char separator = r->in.text[r->at];
    if (separator == '/' && (r->is_web || !is_path_start(r)))
        return false;
    size_t folder = separator_end(r->in, r->at);
    size_t folder_end = user_folder_end(r->in, folder, separator);
    if (folder_end == 0)
        return false;
    size_t name = separator_end(r->in, folder_end), end = name_end(r->in, name);
    if (end == name)
        return false;
    for (const char *const *shared = shared_folders; *shared; shared++)
        if (is_text(r->in, name, end - name, *shared))
            return false;
    copy_to(r, name);
    return replace(r, REDACT_USER, end);
}

/* --- numbers ------------------------------------------------------------------------------- */

static bool try_ip(redaction *r)
{
    span s = written(r);
    char before = byte_before(r), second = s.length > 1 ? s.text[s.length - 2] : ' ';
    if (before == '.')
        return false;
    /* "ip:fe80::1", but not in the middle of what only looks like an address. */
    bool is_inside = before == ':' && (is_hex(second) || second == ':');
    size_t end = is_inside ? 0 : match_ipv6(r->in, r->at);
    if (end)
        return replace(r, REDACT_IP, end);
    end = match_ipv4(r->in, r->at);
    if (!end)
        return false;
    if (is_nobodys_ipv4(r->in, r->at) || is_announced_as(r, version_words)) {
        copy_to(r, end);
        return true;
    }
    return replace(r, REDACT_IP, end);
}

/* Behind these a number is a part of something longer. */
static bool is_in_chain(char before)
{
    return before && strchr(".-/\\", before);
}

static bool try_phone(redaction *r)
{
    size_t end = is_digit(r->in.text[r->at]) ? match_date(r->in, r->at) : 0;
    if (end) {
        copy_to(r, end);
        return true;
    }
    char before = byte_before(r);
    bool is_announced = is_announced_as(r, phone_words);
    bool is_free = !is_in_chain(before) && !strchr("#$*,'", before);
    end = is_announced || is_free ? match_phone(r->in, r->at, is_announced) : 0;
    if (!end)
        return false;
    return replace(r, REDACT_PHONE, end);
}

/* At the beginning of a word, or at what may begin a number. */
static bool try_number(redaction *r)
{
    char c = r->in.text[r->at];
    if ((is_hex(c) || c == ':') && try_ip(r))
        return true;
    size_t end = is_alpha(c) ? match_iban(r->in, r->at) : 0;
    if (end)
        return replace(r, REDACT_IBAN, end);
    end = is_digit(c) && !is_in_chain(byte_before(r)) ? match_card(r->in, r->at) : 0;
    if (end)
        return replace(r, REDACT_CARD, end);
    return (is_digit(c) || c == '+' || c == '(') && try_phone(r);
}

/* --- the pass ------------------------------------------------------------------------------ */

/* Behind "http:" or "https:", at the first of two slashes. */
static bool is_web_start(const redaction *r)
{
    span s = written(r);
    return span_at(r->in, r->at) == '/' && span_at(r->in, r->at + 1) == '/' &&
           ((s.length >= 5 && is_text(s, s.length - 5, 5, "http:")) ||
            (s.length >= 6 && is_text(s, s.length - 6, 6, "https:")));
}

/* Copies a word, or one character that is none. */
static void copy_on(redaction *r)
{
    size_t length = separator_length(r->in, r->at), end = r->at + length;
    char c = r->in.text[r->at];
    if (length == 0)
        for (end = r->at + 1; is_word(r->in, end);)
            end++;
    else if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
        r->is_web = false;
    else if (c == '/')
        r->is_web |= is_web_start(r);
    copy_to(r, end < r->in.length ? end : r->in.length);
}

bool redact_text(const char *text, size_t length, buffer *out, redact_counts *counts)
{
    redaction r = {.in = {text, length}, .out = out, .start = out->length};
    if (!buffer_reserve(out, length + 1))
        return false;
    for (r.at_end = length; r.at_end > 0 && text[r.at_end - 1] != '@';)
        r.at_end--;
    while (r.at < length && !out->failed) {
        char c = text[r.at];
        if (try_email(&r))
            continue;
        if (is_path_separator(c) && try_user(&r))
            continue;
        if (!is_after_word(&r) && try_number(&r))
            continue;
        copy_on(&r);
    }
    if (out->failed) {
        out->length = r.start;
        return false;
    }
    for (int kind = 0; counts && kind < REDACT_N_KINDS; kind++)
        counts->n[kind] += r.n[kind];
    return true;
}
