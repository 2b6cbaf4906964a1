# The library's files, headers too, one a line, sorted within a layer.

# base
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
ENGINE_FILES += libautobus/wire/reader.h
ENGINE_FILES += libautobus/wire/value.c
ENGINE_FILES += libautobus/wire/value.h

# core

# net

# bus
