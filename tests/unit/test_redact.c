/* SPDX-License-Identifier: MIT */
/* Redaction: what is taken out, what stays, that a second time changes nothing, hostile bytes. */
#include "text/redact.h"

#include "base/rng.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* The redacted text, from a copy that ends where the text does; valid until the next call. */
static const char *redacted(buffer *out, const char *text, size_t length, redact_counts *counts)
{
    char *copy = malloc(length ? length : 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    buffer_clear(out);
    assert_true(redact_text(copy, length, out, counts));
    free(copy);
    return buffer_string(out);
}

static void check(const char *text, const char *expected)
{
    buffer first = {0}, second = {0};
    const char *once = redacted(&first, text, strlen(text), NULL);
    if (strcmp(once, expected) != 0)
        fail_msg("\"%s\" became \"%s\", not \"%s\"", text, once, expected);
    assert_string_equal(redacted(&second, once, first.length, NULL), once);
    buffer_free(&first);
    buffer_free(&second);
}

static void keep(const char *text)
{
    check(text, text);
}

static void emails(void **state)
{
    (void)state;
    check("anna@example.org", "[email]");
    check("Mail: <anna.m-k+it@mail.example.co.uk>, thanks.", "Mail: <[email]>, thanks.");
    check("mailto:o'brien_2@x.de.", "mailto:[email].");
    check("('anna@x.org')", "('[email]')");
    check("a@x.org,b@y.org;c@z.org", "[email],[email];[email]");
    check("j\xC3\xBCrgen.m\xC3\xBCller@b\xC3\xBCro.de", "[email]");
    check("\xE2\x80\x9E"
          "anna@x.de\xE2\x80\x9C",
          "\xE2\x80\x9E[email]\xE2\x80\x9C");
    check("user anna@corp cannot log in", "user [email] cannot log in");
    check("a.b.c@1und1.de", "[email]");
    check("a@b.org@c.org", "[email]@c.org");
    check("x@10.0.0.1", "x@[ip]");
    check("4915112345678@c.us", "[email]");
    keep("meet me @ 5, 3@5.00 EUR, @anna, anna@, a@b");
}

static void phones(void **state)
{
    static const char *const numbers[] = {
        "+49 (0)89 1234-567",
        "+49891234567",
        "+49-89-1234567",
        "+49 (89) 1234567",
        "+49/89/1234567",
        "(+49) 89 1234567",
        "0049 89 1234567",
        "0049891234567",
        "089/1234567",
        "089/12345",
        "089 / 123 45 67",
        "(089) 1234567",
        "(0 89) 1234567",
        "089 1234-567",
        "0151 23456789",
        "0151-23456789",
        "015123456789",
        "01761234567",
        "06 12 34 56 78",
        "06.12.34.56.78",
        "06-12-34-56-78",
        "0612345678",
        "+33 6 12 34 56 78",
        "+33 (0)1 23 45 67 89",
        "0033 1 23 45 67 89",
        "(555) 123-4567",
        "555-123-4567",
        "555.123.4567",
        "555 123 4567",
        "1-800-555-0199",
        "+1 (555) 123-4567",
        "+1-555-123-4567",
        "020 7946 0958",
        "07700 900123",
        "+44 (0)20 7946 0958",
        "+41 44 668 18 00",
        "+43 1 5123456",
        "+1.555.123.4567",
        "0800 123 456",
        "089\xC2\xA0"
        "1234567",
        "089 1234\xE2\x80\x91"
        "567",
    };
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        buffer in = {0};
        check(numbers[i], "[phone]");
        buffer_printf(&in, "Please call %s. Thanks", numbers[i]);
        check(buffer_string(&in), "Please call [phone]. Thanks");
        buffer_clear(&in);
        buffer_printf(&in, "(%s, mobil)", numbers[i]);
        check(buffer_string(&in), "([phone], mobil)");
        buffer_free(&in);
    }
    check("Tel. 12345", "Tel. [phone]");
    check("Tel.:0171/1234567", "Tel.:[phone]");
    check("phone number: 555-1234", "phone number: [phone]");
    check("Handy-Nr. 1234 567", "Handy-Nr. [phone]");
    check("T\xC3\xA9l. 4 72 00 00 00", "T\xC3\xA9l. [phone]");
    check("fax 7654321 or 089 1234567", "fax [phone] or [phone]");
    check("06 12 34 56 78 06 98 76 54 32", "[phone] [phone]");
    check("01.02.2024 089 1234567 12:30", "01.02.2024 [phone] 12:30");
    check("089 1234567\n089 7654321", "[phone]\n[phone]");
}

static void numbers_that_are_none_stay(void **state)
{
    static const char *const texts[] = {
        "INC0012345 REQ0012345678 RITM0010023 CHG-0030052 #0123456789",
        "ticket 0012345, order 4500012345, asset 12345678, PO 4711-0815",
        "01.02.2024 1.2.24 2024-01-31 01/31/2024 31-12-2023 01 02 2024 03/2023-05/2024",
        "2024-01-31T12:31:05.123456Z 2024-01-31 12:31:05,123 20240131123105",
        "08:30-17:00 08.15-16.30 Uhr, 09.00 - 17.00, 12:30:45",
        "0x80070005 0xC000021A -2147024891 80072EFD 0x0000007B (0x00000000, 0x0)",
        "KB5034441 Windows 10.0.19041.1 Office 16.0.17328.20162 Chrome 120.0.6099.130",
        "1.234.567,89 EUR $1,234,567.89 1'234'567.89 0,50 0.123456789 +12.5 % 1234567890",
        "550e8400-e29b-41d4-a716-446655440000 00:1A:2B:3C:4D:5E 01234567-89ab-cdef",
        "SN 5CD0123ABC, room 0.12.345, 100 200 300, 24/7, 1/2, 365",
        "error 404, 500, 1603 12029, exit code -1073741819, 192 kbit, 1920x1080",
        "PLZ 80331, 01099 Dresden, DE-01067",
        "version 10.0.0.1, v10.0.0.1, Version: 1.2.3.4, build 1.2.3.4",
        "1.2.3 1.2.3.4.5 256.1.1.1, 01.02.03.04, 10.0.0 1.10.0.0.1x",
        "127.0.0.1 0.0.0.0 255.255.255.0 ::1 :: std::string a::b Add::Face 12:30:45",
        "1700000000 1700000000000 1700000000000000000",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        keep(texts[i]);
}

static void addresses(void **state)
{
    (void)state;
    check("10.0.0.1", "[ip]");
    check("host 192.168.178.20:8080/24, 8.8.8.8.", "host [ip]:8080/24, [ip].");
    check("http://10.1.2.3/x 10.1.2.3-10.1.2.9", "http://[ip]/x [ip]-[ip]");
    check("IP=10.1.2.3;ip:10.1.2.4;x@10.1.2.5", "IP=[ip];ip:[ip];x@[ip]");
    check("2001:db8::1 fe80::1%eth0 2001:DB8:0:0:8:800:200C:417A", "[ip] [ip] [ip]");
    check("[2001:db8::1]:443 2001:db8::/32 ip:fe80::abcd.", "[[ip]]:443 [ip]/32 ip:[ip].");
    check("::ffff:192.168.1.2 64:ff9b::10.1.2.3 fe80::1: unreachable",
          "[ip] [ip] [ip]: unreachable");
    keep("2001:db8:::1 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 12345::1 2001::db8::1");
}

static void cards(void **state)
{
    (void)state;
    check("4111 1111 1111 1111", "[card]");
    check("card 4111-1111-1111-1111 12/25", "card [card] 12/25");
    check("4111111111111111,5500005555555559;340000000000009", "[card],[card];[card]");
    check("3782 822463 10005 and 6011000990139424", "[card] and [card]");
    check("4111 1111 1111 1111 999", "[card] 999");
    keep("4111 1111 1111 1112");
    keep("4111111111111112 1234567812345670 41111111111111111 x4111111111111111");
    keep("id-4111111111111111 4111111111111111x");
}

static void accounts(void **state)
{
    (void)state;
    check("DE89 3704 0044 0532 0130 00", "[iban]");
    check("IBAN: DE89370400440532013000, thanks", "IBAN: [iban], thanks");
    check("de89 3704 0044 0532 0130 00 and", "[iban] and");
    check("GB82 WEST 1234 5698 7654 32 FR14 2004 1010 0505 0001 3M02 606", "[iban] [iban]");
    check("AT611904300234573201 CH9300762011623852957 NL91ABNA0417164300", "[iban] [iban] [iban]");
    check("MT84MALT011000012345MTLCAST001S", "[iban]");
    keep("DE88370400440532013000");
    keep("DE8937040044053201300 DE893704004405320130000 XX89370400440532013000");
    keep("KB50 3444 1234");
}

static void users_in_paths(void **state)
{
    (void)state;
    check("C:\\Users\\anna\\Desktop\\x.txt", "C:\\Users\\[user]\\Desktop\\x.txt");
    check("c:\\users\\Anna M\xC3\xBCller\\AppData", "c:\\users\\[user]\\AppData");
    check("\"C:\\\\Users\\\\anna\\\\x\"", "\"C:\\\\Users\\\\[user]\\\\x\"");
    check("C:/Users/anna/x", "C:/Users/[user]/x");
    check("in C:\\Users\\anna.m. And then", "in C:\\Users\\[user]. And then");
    check("C:\\Documents and Settings\\Anna M\\x", "C:\\Documents and Settings\\[user]\\x");
    check("/home/anna/.bashrc /Users/anna", "/home/[user]/.bashrc /Users/[user]");
    check("file:///home/anna/x", "file:///home/anna/x");
    check("/c/Users/anna/x (/home/anna)", "/c/Users/[user]/x (/home/[user])");
    check("\\\\server\\home\\anna\\doc", "\\\\server\\home\\[user]\\doc");
    check("\\\\srv01\\users$\\anna", "\\\\srv01\\users$\\[user]");
    check("C:\\Users\\anna@x.org", "C:\\Users\\[user]");
    keep("C:\\Users\\Public\\Desktop C:\\Users\\Default\\x C:\\Users\\");
    keep("https://portal.example.org/?page=/home/index");
    check("http://x.org /home/anna", "http://x.org /home/[user]");
    keep("https://portal.example.org/home/index http://x.org/Users/12 GET /users/12");
    keep("C:\\Users\\%USERNAME%\\x /home/$USER /home/ /homeoffice/anna and/or home/work");
}

static void counts_are_added(void **state)
{
    redact_counts counts = {{0}};
    buffer out = {0};
    const char *text = "anna@x.org b@x.org 10.0.0.1 089/1234567 /home/anna "
                       "4111111111111111 DE89370400440532013000";
    (void)state;
    for (size_t round = 1; round <= 2; round++) {
        redacted(&out, text, strlen(text), &counts);
        for (int kind = 0; kind < REDACT_N_KINDS; kind++)
            assert_int_equal(counts.n[kind], kind == REDACT_EMAIL ? 2 * round : round);
    }
    /* Once more behind it. */
    assert_true(redact_text("Tel. 12345", 10, &out, NULL));
    assert_string_equal(buffer_string(&out), "[email] [email] [ip] [phone] /home/[user] [card] "
                                             "[iban]Tel. [phone]");
    assert_string_equal(redact_kind_name(REDACT_IBAN), "iban");
    buffer_free(&out);
}

static void bytes_of_any_kind_pass(void **state)
{
    (void)state;
    buffer out = {0};
    const char zero[] = "a\0@x.org\0 10.0.0.1\0";
    redacted(&out, zero, sizeof zero - 1, NULL);
    assert_int_equal(out.length, 15);
    assert_memory_equal(out.data, "a\0@x.org\0 [ip]\0", 15);
    redacted(&out, "", 0, NULL);
    assert_int_equal(out.length, 0);
    keep("\xFF\xFE\x80 \xE2 \xE2\x80 \xC2");
    buffer_free(&out);
}

/* Pieces of what matters in any order: valid, and the same the second time. */
static void any_mixture_is_stable(void **state)
{
    static const char *const pieces[] = {
        "anna@x.org", "@",           ".",        "-",        " ",
        "/",          "+49",         "0",        "089",      "12345",
        "(",          ")",           "10.0.0.1", ":",        "::",
        "fe80",       "4111 1111",   "1111",     "Tel",      "DE89",
        "3704",       "C:\\Users\\", "/home/",   "\\",       "[",
        "]",          "%",           "\xC2\xA0", "\xC3\xBC", "\xE2\x80\x91",
        "version ",   "http://",     "'",        "_",        "x",
        "1.2.",       "01.02.",      "2024",     "\n",       "="};
    (void)state;
    rng r = {.state = 11};
    buffer text = {0}, first = {0}, second = {0};
    for (int i = 0; i < 60000; i++) {
        buffer_clear(&text);
        for (uint32_t n = 1 + rng_below(&r, 12); n > 0; n--)
            buffer_append_text(&text, pieces[rng_below(&r, sizeof pieces / sizeof pieces[0])]);
        const char *once = redacted(&first, text.data, text.length, NULL);
        assert_true(utf8_is_valid(first.data, first.length));
        const char *twice = redacted(&second, first.data, first.length, NULL);
        if (strcmp(once, twice) != 0)
            fail_msg("\"%s\" became \"%s\", then \"%s\"", buffer_string(&text), once, twice);
    }
    buffer_free(&text);
    buffer_free(&first);
    buffer_free(&second);
}

/* Of this thread: what else the machine does is not counted. */
static double processor_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Of each kind of text that could make it slow, a long one takes as long a byte as a short one. */
static void time_is_linear(void **state)
{
    static const char *const pieces[] = {"a",     "1",      "1 ", "10.0.0.1-", "a@",
                                         "a.",    "/home/", "+4", "f:",        "C:\\Users\\a ",
                                         "DE89 ", "4111 ",  "(0", "Tel. "};
    enum { SHORT = 1 << 14, LONG = 1 << 20 };
    (void)state;
    buffer text = {0}, out = {0};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        double seconds[2] = {1e9, 1e9};
        buffer_clear(&text);
        while (text.length < LONG)
            buffer_append_text(&text, pieces[i]);
        for (int round = 0; round < 3; round++) {
            for (int is_long = 0; is_long < 2; is_long++) {
                double start = processor_seconds();
                buffer_clear(&out);
                assert_true(redact_text(text.data, is_long ? LONG : SHORT, &out, NULL));
                double took = processor_seconds() - start;
                if (took < seconds[is_long])
                    seconds[is_long] = took;
            }
        }
        double ratio = (seconds[1] / LONG) / (seconds[0] / SHORT);
        print_message("\"%s\": %.1f ns a byte, %.1f times that of a short text\n", pieces[i],
                      seconds[1] / LONG * 1e9, ratio);
        /* Quadratic time would give 64. */
        assert_true(ratio < 16);
    }
    buffer_free(&text);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(emails),
        cmocka_unit_test(phones),
        cmocka_unit_test(numbers_that_are_none_stay),
        cmocka_unit_test(addresses),
        cmocka_unit_test(cards),
        cmocka_unit_test(accounts),
        cmocka_unit_test(users_in_paths),
        cmocka_unit_test(counts_are_added),
        cmocka_unit_test(bytes_of_any_kind_pass),
        cmocka_unit_test(any_mixture_is_stable),
        cmocka_unit_test(time_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
