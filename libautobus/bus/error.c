/*
 * Owns what the codes are called, and holds the public numbers and the engine's together. Must not know who failed.
 */
#include "bus/error.h"

#include "base/error.h"
#include "base/memory.h"

#define SAME(name) _Static_assert((int)AUTOBUS_##name == (int)AB_##name, "one number, two names")

SAME(OK);
SAME(ENOMEM);
SAME(EINVAL);
SAME(ECLOSED);
SAME(EDEADLK);
SAME(ETIMEDOUT);
SAME(EDISCONNECTED);
SAME(ECANCELED);
SAME(ENOTBOUND);
SAME(EAGAIN);
SAME(EOVERFLOW);
SAME(EREMOTE);
SAME(ENOENT);
SAME(EEXIST);
SAME(ETOOLARGE);
SAME(ENETWORK);
SAME(EPROTOCOL);
SAME(EFORKED);

static const struct {
    const char *type;
    const char *text;
} codes[] = {
    [-AUTOBUS_OK] = {"ok", "no error"},
    [-AUTOBUS_ENOMEM] = {"no_memory", "out of memory"},
    [-AUTOBUS_EINVAL] = {"invalid", "invalid argument"},
    [-AUTOBUS_ECLOSED] = {"closed", "closed"},
    [-AUTOBUS_EDEADLK] = {"deadlock", "it would block where nothing may block"},
    [-AUTOBUS_ETIMEDOUT] = {"timeout", "no answer in time"},
    [-AUTOBUS_EDISCONNECTED] = {"disconnected", "the connection was lost"},
    [-AUTOBUS_ECANCELED] = {"canceled", "cancelled"},
    [-AUTOBUS_ENOTBOUND] = {"not_bound", "not bound to a service"},
    [-AUTOBUS_EAGAIN] = {"again", "too much is under way"},
    [-AUTOBUS_EOVERFLOW] = {"overflow", "more came than is kept"},
    [-AUTOBUS_EREMOTE] = {"remote", "the remote answered with an error"},
    [-AUTOBUS_ENOENT] = {"no_such_name", "no such name"},
    [-AUTOBUS_EEXIST] = {"exists", "it is there already"},
    [-AUTOBUS_ETOOLARGE] = {"too_large", "too large"},
    [-AUTOBUS_ENETWORK] = {"network", "the network cannot be used, or the host cannot be reached"},
    [-AUTOBUS_EPROTOCOL] = {"protocol", "the peer does not speak the protocol"},
    [-AUTOBUS_EFORKED] = {"forked", "called in a child of fork"},
};

#define CODES ((int)(sizeof(codes) / sizeof(codes[0])))

static const char *type_of(int code)
{
    return code <= 0 && code > -CODES ? codes[-code].type : "unknown";
}

const char *autobus_strerror(int code)
{
    return code <= 0 && code > -CODES ? codes[-code].text : "unknown error";
}

const char *autobus_version(void)
{
    return PACKAGE_VERSION;
}

void autobus_error_clear(autobus_error *error)
{
    if (!error)
        return;
    ab_free(error->type);
    ab_free(error->text);
    json_decref(error->details);
    *error = (autobus_error)AUTOBUS_ERROR_INIT;
}

/* The text is taken. */
static int fill(autobus_error *error, int code, const char *type, char *text)
{
    autobus_error_clear(error);
    error->code = code;
    error->type = ab_strdup(type ? type : type_of(code));
    error->text = text ? text : ab_strdup(autobus_strerror(code));
    return code;
}

AB_COLD int ab_error_fail(autobus_error *error, int code)
{
    return error ? fill(error, code, NULL, NULL) : code;
}

AB_COLD int ab_error_fail_text(autobus_error *error, int code, const char *text)
{
    return error ? fill(error, code, NULL, ab_strdup(text)) : code;
}

int ab_error_fail_as(autobus_error *error, int code, const char *type, const char *text)
{
    return error ? fill(error, code, type, ab_strdup(text)) : code;
}

int ab_error_fail_problem(autobus_error *error, int code, char *problem)
{
    if (error)
        return fill(error, code, NULL, problem);
    ab_free(problem);
    return code;
}

AB_COLD int ab_error_take(autobus_error *error, struct ab_notice *notice)
{
    if (!error)
        return notice->code;
    autobus_error_clear(error);
    error->code = notice->code;
    error->type = notice->error_type ? notice->error_type : ab_strdup(type_of(notice->code));
    error->text = notice->error_text ? notice->error_text : ab_strdup(autobus_strerror(notice->code));
    error->details = notice->error_details;
    notice->error_type = NULL;
    notice->error_text = NULL;
    notice->error_details = NULL;
    return notice->code;
}

/* The program is shown a constant, so nobody writes to the texts that are. */
AB_COLD void ab_error_show(autobus_error *ret_error, const struct ab_notice *notice)
{
    ret_error->code = notice->code;
    ret_error->type = notice->error_type ? notice->error_type : (char *)type_of(notice->code);
    ret_error->text = notice->error_text ? notice->error_text : (char *)autobus_strerror(notice->code);
    ret_error->details = notice->error_details;
}
