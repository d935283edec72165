/* SPDX-License-Identifier: MIT */
/* The forms of numbers: payment cards, account numbers, dates and phone numbers. */
#include "text/redact_match.h"

#include <stdint.h>
#include <string.h>

/* --- payment cards -------------------------------------------------------------------------- */

#define MIN_CARD_DIGITS 13
#define MAX_CARD_DIGITS 19

/* Issuers by the first digits of their numbers (ISO/IEC 7812), in four digits, and how many digits
 * those have. */
typedef struct issuer {
    unsigned first, last;
    unsigned char min_digits, max_digits;
} issuer;

static const issuer issuers[] = {
    {3000, 3059, 14, 14}, {3400, 3499, 15, 15}, {3528, 3589, 16, 16}, {3600, 3699, 14, 14},
    {3700, 3799, 15, 15}, {3800, 3899, 14, 14}, {4000, 4999, 13, 13}, {4000, 4999, 16, 16},
    {4000, 4999, 19, 19}, {5100, 5599, 16, 16}, {2221, 2720, 16, 16}, {6011, 6011, 16, 19},
    {6200, 6299, 16, 19}, {6440, 6599, 16, 19},
};

static bool is_issued(const char *digits, size_t n)
{
    unsigned first = 0;
    for (size_t i = 0; i < 4; i++)
        first = first * 10 + (unsigned)(digits[i] - '0');
    for (size_t i = 0; i < sizeof issuers / sizeof issuers[0]; i++)
        if (first >= issuers[i].first && first <= issuers[i].last && n >= issuers[i].min_digits &&
            n <= issuers[i].max_digits)
            return true;
    return false;
}

/* ISO/IEC 7812-1, annex B: every second digit from the right doubled, the digits' sum is a multiple
 * of ten. */
static bool is_luhn(const char *digits, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned digit = (unsigned)(digits[n - 1 - i] - '0') << (i % 2);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

/* The end of one space, one no-break space or one hyphen; `at` if there is none. */
static size_t small_gap_end(span s, size_t at)
{
    char c = span_at(s, at);
    if (c == ' ' || c == '-')
        return at + 1;
    return c == '\xC2' && span_at(s, at + 1) == '\xA0' ? at + 2 : at;
}

/* Digits in groups of any size; the longest run of whole groups that is a card number. */
size_t match_card(span s, size_t at)
{
    char digits[MAX_CARD_DIGITS];
    size_t n = 0, end = 0;
    if (span_at(s, at) < '2' || span_at(s, at) > '6')
        return 0;
    for (size_t i = at; is_digit(span_at(s, i));) {
        while (is_digit(span_at(s, i))) {
            if (n == MAX_CARD_DIGITS)
                return end;
            digits[n++] = s.text[i++];
        }
        if (is_word(s, i))
            break;
        if (n >= MIN_CARD_DIGITS && is_issued(digits, n) && is_luhn(digits, n))
            end = i;
        i = small_gap_end(s, i);
    }
    return end;
}

/* --- account numbers ------------------------------------------------------------------------ */

/* Country and length of its account numbers, two characters each (ISO 13616 registry). */
static const char iban_lengths[] =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18"
    "FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21"
    "LY25MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27"
    "ST25SV28TL23TN24TR26UA29VA22VG24XK20";

#define MAX_IBAN_LENGTH 34

static char to_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static size_t iban_length(char first, char second)
{
    for (const char *row = iban_lengths; *row; row += 4)
        if (row[0] == first && row[1] == second)
            return (size_t)((row[2] - '0') * 10 + row[3] - '0');
    return 0;
}

/* ISO 7064, MOD 97-10, with the first four characters moved to the end. */
static bool is_mod_97(const char *iban, size_t n)
{
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) {
        char c = iban[(i + 4) % n];
        if (is_digit(c))
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        else
            rest = (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
    }
    return rest == 1;
}

/* Written in one piece or in groups of four. */
size_t match_iban(span s, size_t at)
{
    char iban[MAX_IBAN_LENGTH];
    if (!is_alpha(span_at(s, at)) || !is_alpha(span_at(s, at + 1)) ||
        !is_digit(span_at(s, at + 2)) || !is_digit(span_at(s, at + 3)))
        return 0;
    size_t n = iban_length(to_upper(s.text[at]), to_upper(s.text[at + 1])), i = at;
    for (size_t k = 0; k < n; k++) {
        if (k > 0 && k % 4 == 0)
            i = small_gap_end(s, i);
        char c = span_at(s, i);
        if (!is_alnum(c))
            return 0;
        iban[k] = to_upper(c);
        i++;
    }
    return n > 0 && is_mod_97(iban, n) && !is_word(s, i) ? i : 0;
}

/* --- dates ---------------------------------------------------------------------------------- */

/* The end of the digits from `at` on, of which there are `min` .. `max`; 0 if not. */
static size_t digits_end(span s, size_t at, size_t min, size_t max)
{
    size_t i = at;
    while (i <= at + max && is_digit(span_at(s, i)))
        i++;
    return i - at >= min && i - at <= max ? i : 0;
}

/* The number from `at` to `end`, which are few digits. */
static unsigned number_of(span s, size_t at, size_t end)
{
    unsigned value = 0;
    for (; at < end; at++)
        value = value * 10 + (unsigned)(s.text[at] - '0');
    return value;
}

static bool is_year(span s, size_t at, size_t end)
{
    unsigned year = number_of(s, at, end);
    return end - at == 4 && year >= 1900 && year < 2100;
}

/* Whether the number goes on behind `end`, by `separator` and a digit. */
static bool goes_on(span s, size_t end, char separator)
{
    return is_word(s, end) || (span_at(s, end) == separator && is_digit(span_at(s, end + 1)));
}

/* "08.15-16.30", "8.15 - 16.30": the times between which something is open. */
static size_t match_times(span s, size_t at)
{
    size_t i = at;
    for (int n = 0; n < 2; n++) {
        size_t hour = digits_end(s, i, 1, 2);
        if (!hour || number_of(s, i, hour) > 24 || span_at(s, hour) != '.')
            return 0;
        size_t minute = digits_end(s, hour + 1, 2, 2);
        if (!minute || number_of(s, hour + 1, minute) > 59)
            return 0;
        i = minute;
        if (n == 0) {
            i += span_at(s, i) == ' ';
            if (span_at(s, i++) != '-')
                return 0;
            i += span_at(s, i) == ' ';
        }
    }
    return goes_on(s, i, '.') || goes_on(s, i, '-') ? 0 : i;
}

size_t match_date(span s, size_t at)
{
    size_t first = digits_end(s, at, 1, 2);
    char separator = span_at(s, first);
    if (!first || !separator || !strchr("./- ", separator))
        return 0;
    size_t second = digits_end(s, first + 1, 1, 4);
    if (!second)
        return 0;
    unsigned a = number_of(s, at, first), b = number_of(s, first + 1, second);
    if (separator != ' ' && a <= 12 && is_year(s, first + 1, second) &&
        !goes_on(s, second, separator))
        return second;
    if (second - first - 1 <= 2 && span_at(s, second) == separator) {
        size_t third = digits_end(s, second + 1, 2, 4);
        bool is_day = a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12);
        bool has_year = third && (third - second - 1 == 2 || is_year(s, second + 1, third));
        if (is_day && has_year && !goes_on(s, third, separator))
            return third;
    }
    return match_times(s, at);
}

/* --- phone numbers -------------------------------------------------------------------------- */

#define MAX_GROUPS 12
/* ITU-T E.164, section 6: with the country's code; "00" comes on top. */
#define MAX_PHONE_DIGITS 15
/* From here on a number may be complete. */
#define COMPLETE_DIGITS 9
#define MAX_GAP         3 /* characters, as in " / " and ") " */

/* A number as it is written: groups of digits. */
typedef struct groups {
    size_t n;
    size_t start[MAX_GROUPS], end[MAX_GROUPS];
    size_t n_digits[MAX_GROUPS]; /* up to the end of this group */
    char gap[MAX_GROUPS];        /* the first byte of what is between this group and the next */
    bool has_plus, has_parenthesis;
} groups;

/* The bytes of a character that may stand within a phone number, 0 for all others. */
static size_t gap_character(span s, size_t at)
{
    char c = span_at(s, at);
    if (c == ' ' || (c >= '(' && c <= '/' && c != '*' && c != '+' && c != ',')) /* ( ) - . / */
        return 1;
    if (c == '\xC2' && span_at(s, at + 1) == '\xA0') /* no-break space */
        return 2;
    char third = span_at(s, at + 2);
    /* hyphens, en dash, narrow no-break space */
    bool is_known = third == '\x90' || third == '\x91' || third == '\x93' || third == '\xAF';
    return c == '\xE2' && span_at(s, at + 1) == '\x80' && is_known ? 3 : 0;
}

/* Where the next group begins behind `at`; `at` if none does. What has been redacted counts as one:
 * it may have been. */
static size_t gap_end(span s, size_t at)
{
    size_t i = at;
    for (int n = 0; n < MAX_GAP; n++) {
        size_t length = gap_character(s, i);
        if (length == 0)
            break;
        i += length;
    }
    return is_digit(span_at(s, i)) || span_at(s, i) == '[' ? i : at;
}

static bool is_space_gap(char first)
{
    return first == ' ' || first == '\xC2' || first == '\xE2' || first == '(' || first == ')';
}

/* Whether a group that begins with 0 is the code of a further number, the one before being
 * complete. Pairs are not: "+33 (0)6 12 34 56 07". */
static bool is_next_number(span s, const groups *g, size_t start, size_t end)
{
    if (g->n == 0 || s.text[start] != '0' || end - start < 3 || !is_space_gap(g->gap[g->n - 1]))
        return false;
    return g->n_digits[g->n - 1] >= (g->has_plus ? COMPLETE_DIGITS + 1 : COMPLETE_DIGITS);
}

/* Reads up to `max` groups, until something else comes, a further number begins, or there are too
 * many digits. */
static void read_groups(span s, size_t at, size_t max, groups *ret_groups)
{
    groups *g = ret_groups;
    size_t n_digits = 0, i = at;
    g->n = 0;
    g->has_parenthesis = span_at(s, i) == '(';
    i += g->has_parenthesis;
    g->has_plus = span_at(s, i) == '+';
    i += g->has_plus;
    while (g->n < max && n_digits < MAX_PHONE_DIGITS + 2 && is_digit(span_at(s, i))) {
        size_t end = digits_end(s, i, 1, MAX_PHONE_DIGITS + 2);
        if (!end || is_next_number(s, g, i, end))
            break;
        g->start[g->n] = i;
        g->end[g->n] = end;
        n_digits += end - i;
        g->n_digits[g->n] = n_digits;
        i = gap_end(s, end);
        g->gap[g->n++] = i > end ? s.text[end] : '\0';
        if (i == end)
            break;
    }
}

/* Whether the number may end with group `k`: nothing of it is left behind. */
static bool may_end(span s, const groups *g, size_t k)
{
    size_t end = g->end[k];
    char next = span_at(s, end), after = span_at(s, end + 1);
    if (is_word_behind(s, end) || next == '@' || next == '%')
        return false;
    if (next == '-' && is_word_behind(s, end + 1))
        return false;
    bool is_joined = next == '.' || next == ',' || next == ':' || next == '/';
    if (is_joined && (is_digit(after) || after == '['))
        return false;
    return g->gap[k] == '\0' || is_space_gap(g->gap[k]);
}

static size_t group_length(const groups *g, size_t i)
{
    return g->end[i] - g->start[i];
}

/* 555-123-4567, (555) 123-4567, 1-800-555-0199. */
static bool is_north_american(span s, const groups *g, size_t n)
{
    size_t first = n == 4 && group_length(g, 0) == 1 && s.text[g->start[0]] == '1' ? 1 : 0;
    if (n != first + 3 || group_length(g, first) != 3 || group_length(g, first + 1) != 3 ||
        group_length(g, first + 2) != 4 || s.text[g->start[first]] < '2')
        return false;
    return g->has_parenthesis || g->gap[first] == ')' || g->gap[first] == g->gap[first + 1];
}

/* With the country's code: "+49 89 ...", "0049 89 ...". */
static bool is_international(span s, const groups *g, size_t n, size_t n_digits)
{
    size_t min = n == 1 ? COMPLETE_DIGITS : COMPLETE_DIGITS - 1;
    const char *first = s.text + g->start[0];
    if (g->has_plus)
        return *first != '0' && n_digits >= min && n_digits <= MAX_PHONE_DIGITS;
    return group_length(g, 0) >= 3 && memcmp(first, "00", 2) == 0 && first[2] != '0' &&
           n_digits >= min + 2 && n_digits <= MAX_PHONE_DIGITS + 2;
}

/* With a leading 0: "089 1234567", "089/12345", "06 12 34 56 78", "(0 89) 1234567". */
static bool is_national(span s, const groups *g, size_t n, size_t n_digits)
{
    bool is_apart = g->has_parenthesis && n > 2 && group_length(g, 0) == 1;
    if (is_apart && s.text[g->start[0]] == '0' && s.text[g->start[1]] != '0')
        return n_digits >= 7 && n_digits <= 14;
    size_t first = group_length(g, 0);
    if (first < 2 || s.text[g->start[0]] != '0' || s.text[g->start[0] + 1] == '0')
        return false;
    if (n == 1)
        return n_digits > COMPLETE_DIGITS && n_digits <= 13;
    bool is_marked = first >= 3 && first <= 6 &&
                     (g->gap[0] == '/' || g->gap[0] == ')' || g->has_parenthesis ||
                      span_at(s, g->end[0] + 1) == '/');
    return n_digits >= (is_marked ? 7 : COMPLETE_DIGITS) && n_digits <= 14;
}

#define MIN_ANNOUNCED_DIGITS 5

/* Five pairs are a whole number of France; what follows is another. */
static bool is_french(span s, const groups *g)
{
    bool is_pairs = g->n >= 5 && s.text[g->start[0]] == '0' && s.text[g->start[0] + 1] != '0';
    for (size_t i = 0; is_pairs && i < 5; i++)
        is_pairs = group_length(g, i) == 2;
    return is_pairs;
}

static bool is_phone(span s, const groups *g, size_t n, bool is_announced)
{
    size_t n_digits = g->n_digits[n - 1];
    if (is_announced && n_digits >= MIN_ANNOUNCED_DIGITS && n_digits <= MAX_PHONE_DIGITS)
        return true;
    return is_international(s, g, n, n_digits) ||
           (!g->has_plus && (is_national(s, g, n, n_digits) || is_north_american(s, g, n)));
}

/* Whether a parenthesis at `at` is around the first or the first two groups: "(089) ...", "(0 89)
 * ...", "(+49) ...", but not "(089 123 456)". */
static bool is_around_code(span s, size_t at)
{
    size_t i = at + 1;
    i += span_at(s, i) == '+';
    for (int n = 0; n < 2; n++) {
        size_t end = digits_end(s, i, 1, MAX_PHONE_DIGITS);
        if (end == 0)
            return false;
        if (span_at(s, end) == ')')
            return true;
        i = end + 1;
    }
    return false;
}

size_t match_phone(span s, size_t at, bool is_announced)
{
    groups g;
    char first = span_at(s, at);
    if (first == '(' && !is_around_code(s, at))
        return 0;
    /* Of those that begin with another digit, only the form of North America is known. */
    bool is_short = is_digit(first) && first != '0' && !is_announced;
    read_groups(s, at, is_short ? 4 : MAX_GROUPS, &g);
    if (g.n == 0)
        return 0;
    size_t n = is_french(s, &g) && may_end(s, &g, 4) ? 5 : g.n;
    for (; n > 0; n--)
        if (is_phone(s, &g, n, is_announced) && may_end(s, &g, n - 1))
            return g.end[n - 1];
    return 0;
}
