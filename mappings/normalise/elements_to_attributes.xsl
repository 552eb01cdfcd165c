<?xml version="1.0" encoding="UTF-8"?>
<!-- Some vendors' libraries can't write attributes: they send <ffp><company>UT</company><number>1010</number></ffp>.
     This turns every child without children into an attribute of its parent; a child named "number" or "value" becomes the
     parent's own text. Names and order of all other elements stay, so that error paths still mean something. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="UTF-8"/>

  <xsl:template match="*[*]">
    <xsl:copy>
      <xsl:copy-of select="@*"/>
      <xsl:for-each select="*[not(*) and not(self::number) and not(self::value)]">
        <xsl:attribute name="{local-name()}">
          <xsl:value-of select="normalize-space(.)"/>
        </xsl:attribute>
      </xsl:for-each>
      <xsl:apply-templates select="*[*]"/>
      <xsl:value-of select="normalize-space((number | value)[1])"/>
    </xsl:copy>
  </xsl:template>
</xsl:stylesheet>
