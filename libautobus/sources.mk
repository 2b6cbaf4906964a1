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

# core

# net

# bus
