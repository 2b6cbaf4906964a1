/*
 * Owns how a handler of the program's makes its answer, and what it gives before it. Must not know how it travels.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "bus/bus.h"
#include "bus/json.h"
#include "bus/name.h"
#include "bus/request.h"
#include "bus/thread.h"

#define TEXT_MOST 4096

/* A line that the other end would refuse would end the connection. Room is left for the envelope. */
static bool fits(const autobus_request *request, size_t size)
{
    const struct ab_limits *limits = &request->bus->limits;

    return size + limits->id_bytes + 128 <= limits->line;
}

int autobus_reply_json(autobus_request *request, const json_t *result)
{
    struct ab_text_place place;
    struct ab_text *text = NULL;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request)
        return AB_EINVAL;
    r = ab_json_text_in(&place, result, &text);
    if (r == 0 && !fits(request, text->size))
        r = AB_ETOOLARGE;
    if (r == AB_ETOOLARGE)
        ab_request_answer_error(request, "too_large", "the result is too large, or nested too deep");
    else if (r < 0)
        ab_request_answer_error(request, "exception", "the result cannot be sent as JSON");
    else
        r = ab_request_answer(request, &(struct ab_answer){.result = text});
    ab_text_leave(&place, text);
    return r;
}

int autobus_reply(autobus_request *request, const char *format, ...)
{
    json_error_t problem;
    json_t *result;
    va_list values;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request)
        return AB_EINVAL;
    if (!format)
        return ab_request_answer(request, &(struct ab_answer){.result = request->bus->null});
    va_start(values, format);
    r = ab_json_pack(&result, &problem, format, values);
    va_end(values);
    if (r < 0) {
        ab_request_answer_error(request, "exception", "the result cannot be sent as JSON");
        return r;
    }
    r = autobus_reply_json(request, result);
    json_decref(result);
    return r;
}

/* Text as by printf, cut to what is readable, and valid UTF-8. NULL: no memory. */
static char *make_text(const char *format, va_list values)
{
    va_list again;
    char *text;
    int size;

    va_copy(again, values);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size > TEXT_MOST)
        size = TEXT_MOST;
    text = size < 0 ? NULL : ab_malloc((size_t)size + 1);
    if (!text)
        return NULL;
    vsnprintf(text, (size_t)size + 1, format, values);
    ab_utf8_mend(text);
    return text;
}

/* It may try again; if it does not, the caller must not take what it drops for success. */
static int not_an_error(autobus_request *request)
{
    if (request)
        atomic_store_explicit(&request->failed, true, memory_order_relaxed);
    return AB_EINVAL;
}

int autobus_reply_error(autobus_request *request, const char *type, const char *format, ...)
{
    struct ab_answer answer = {.kind = AB_ANSWER_EXCEPTION, .type = type};
    va_list values;
    char *text;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request || !format || (type && ab_name_check(type) < 0))
        return not_an_error(request);
    va_start(values, format);
    text = make_text(format, values);
    va_end(values);
    answer.text = text ? text : "out of memory";
    r = ab_request_answer(request, &answer);
    ab_free(text);
    return r;
}

int autobus_reply_error_json(autobus_request *request, const char *type, const char *text, const json_t *data)
{
    struct ab_answer answer = {.kind = AB_ANSWER_EXCEPTION, .type = type, .text = text};
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request || !text || !ab_utf8_valid(text) || (type && ab_name_check(type) < 0))
        return not_an_error(request);
    if (data)
        r = ab_json_text(data, &answer.data);
    if (r == 0 && !fits(request, 2 * ((answer.data ? answer.data->size : 0) + 6 * strlen(text))))
        r = AB_ETOOLARGE;
    if (r == 0)
        r = ab_request_answer(request, &answer);
    else if (r == AB_ETOOLARGE)
        ab_request_answer_error(request, "too_large", "what the error says is too large, or nested too deep");
    else
        ab_request_answer_error(request, "exception", "what the error says cannot be sent as JSON");
    ab_text_unref(answer.data);
    return r;
}

/* ---- Partial results */

int autobus_request_progress_json(autobus_request *request, const json_t *value)
{
    struct ab_text *text;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request)
        return AB_EINVAL;
    r = ab_json_text(value, &text);
    if (r < 0)
        return r;
    r = fits(request, text->size) ? ab_request_give(request, text) : AB_ETOOLARGE;
    ab_text_unref(text);
    return r;
}

int autobus_request_progress(autobus_request *request, const char *format, ...)
{
    json_t *value;
    va_list values;
    int r = ab_guard();

    if (r < 0)
        return r;
    if (!request)
        return AB_EINVAL;
    if (!format)
        return ab_request_give(request, request->bus->null);
    va_start(values, format);
    r = ab_json_pack(&value, NULL, format, values);
    va_end(values);
    if (r < 0)
        return r;
    r = autobus_request_progress_json(request, value);
    json_decref(value);
    return r;
}
