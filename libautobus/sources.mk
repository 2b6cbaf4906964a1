# The library's files, headers too, one a line, sorted within a layer.

# base
ENGINE_FILES += libautobus/base/address.c
ENGINE_FILES += libautobus/base/address.h
ENGINE_FILES += libautobus/base/buffer.c
ENGINE_FILES += libautobus/base/buffer.h
ENGINE_FILES += libautobus/base/error.h
ENGINE_FILES += libautobus/base/list.h
ENGINE_FILES += libautobus/base/map.c
ENGINE_FILES += libautobus/base/map.h
ENGINE_FILES += libautobus/base/memory.c
ENGINE_FILES += libautobus/base/memory.h
ENGINE_FILES += libautobus/base/random.c
ENGINE_FILES += libautobus/base/random.h
ENGINE_FILES += libautobus/base/text.c
ENGINE_FILES += libautobus/base/text.h

# wire
ENGINE_FILES += libautobus/wire/envelope.c
ENGINE_FILES += libautobus/wire/envelope.h
ENGINE_FILES += libautobus/wire/fields.c
ENGINE_FILES += libautobus/wire/fields.h
ENGINE_FILES += libautobus/wire/filter.c
ENGINE_FILES += libautobus/wire/filter.h
ENGINE_FILES += libautobus/wire/filter_parse.c
ENGINE_FILES += libautobus/wire/framer.c
ENGINE_FILES += libautobus/wire/framer.h
ENGINE_FILES += libautobus/wire/json.c
ENGINE_FILES += libautobus/wire/json.h
ENGINE_FILES += libautobus/wire/json_read.c
ENGINE_FILES += libautobus/wire/json_write.c
ENGINE_FILES += libautobus/wire/limits.c
ENGINE_FILES += libautobus/wire/limits.h
ENGINE_FILES += libautobus/wire/message.c
ENGINE_FILES += libautobus/wire/message.h
ENGINE_FILES += libautobus/wire/packet.c
ENGINE_FILES += libautobus/wire/packet.h
ENGINE_FILES += libautobus/wire/reader.c
ENGINE_FILES += libautobus/wire/reader.h
ENGINE_FILES += libautobus/wire/value.c
ENGINE_FILES += libautobus/wire/value.h

# core
ENGINE_FILES += libautobus/core/announcer.c
ENGINE_FILES += libautobus/core/announcer.h
ENGINE_FILES += libautobus/core/browser.c
ENGINE_FILES += libautobus/core/browser.h
ENGINE_FILES += libautobus/core/browser_internal.h
ENGINE_FILES += libautobus/core/call.c
ENGINE_FILES += libautobus/core/directory.c
ENGINE_FILES += libautobus/core/directory.h
ENGINE_FILES += libautobus/core/engine.c
ENGINE_FILES += libautobus/core/engine.h
ENGINE_FILES += libautobus/core/host.h
ENGINE_FILES += libautobus/core/inbound.c
ENGINE_FILES += libautobus/core/inbound.h
ENGINE_FILES += libautobus/core/internal.h
ENGINE_FILES += libautobus/core/introspection.c
ENGINE_FILES += libautobus/core/introspection.h
ENGINE_FILES += libautobus/core/keeper.c
ENGINE_FILES += libautobus/core/keeper.h
ENGINE_FILES += libautobus/core/notice.c
ENGINE_FILES += libautobus/core/notice.h
ENGINE_FILES += libautobus/core/outbound.c
ENGINE_FILES += libautobus/core/outbound.h
ENGINE_FILES += libautobus/core/prober.c
ENGINE_FILES += libautobus/core/prober.h
ENGINE_FILES += libautobus/core/remote.c
ENGINE_FILES += libautobus/core/remote.h
ENGINE_FILES += libautobus/core/remote_internal.h
ENGINE_FILES += libautobus/core/request.c
ENGINE_FILES += libautobus/core/request.h
ENGINE_FILES += libautobus/core/request_internal.h
ENGINE_FILES += libautobus/core/server.c
ENGINE_FILES += libautobus/core/server.h
ENGINE_FILES += libautobus/core/service.c
ENGINE_FILES += libautobus/core/service.h
ENGINE_FILES += libautobus/core/service_internal.h
ENGINE_FILES += libautobus/core/stream.c
ENGINE_FILES += libautobus/core/stream.h
ENGINE_FILES += libautobus/core/subscription.c
ENGINE_FILES += libautobus/core/timer.c
ENGINE_FILES += libautobus/core/timer.h

# net

# bus
